"""What one text costs in the detectors that look at text without a model, with the lists that ship."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean, median

from moderation.core.finding import Check
from moderation.core.submission import Item, Kind, Scene, Submission
from moderation.detectors.contacts import ContactDetector
from moderation.detectors.detector import TextDetector
from moderation.detectors.joined import SEAM, across
from moderation.detectors.keywords import KeywordDetector
from moderation.detectors.names import NameDetector
from moderation.detectors.panel import ACROSS
from moderation.settings import Settings
from moderation.text import segmentation
from moderation.text.lexicon import load_lexicon
from moderation.text.name_rules import load_name_rules
from moderation.wiring import read_policy
from tests.bench.matching_texts import Material, planted
from tests.bench.quiet import quiet
from tests.bench.texts import registration

TEXTS = 2000
"""At most so many of each kind."""

SCENE = Scene.REGISTRATION

Detectors = Mapping[Check, TextDetector]
Look = Callable[[Sequence[TextDetector]], object]
"""Looks at one text with some detectors."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU microseconds for one text of a kind, by the detectors that looked at it: the median of passes over many.

    characters  of a text on average
    """

    what: str
    texts: int
    characters: float
    us: Mapping[tuple[Check, ...], float]


def measure(given: Material, rounds: int) -> list[Cost]:
    """Texts of each kind with each detector and with all, in turn, so many rounds; the clean ones are the material's."""
    settings = Settings.read({})
    lexicon = load_lexicon(settings.wordlists, read_policy(settings.policy).categories.keys())
    names = load_name_rules(settings.wordlists / "names.toml")
    detectors: Detectors = {
        Check.KEYWORDS: KeywordDetector(lexicon),
        Check.CONTACTS: ContactDetector(),
        Check.NAMES: NameDetector(names),
    }
    segmentation.warm()
    today = date.today()

    def found(kind: Kind, text: str) -> bool:
        return any(detector.screen(text, kind, SCENE, today) for detector in detectors.values())

    def screening(kind: Kind, text: str) -> Look:
        return lambda chosen: [detector.screen(text, kind, SCENE, today) for detector in chosen]

    def joining(name: str, bio: str) -> Look:
        profile = Submission(SCENE, (Item(Kind.USERNAME, name), Item(Kind.BIO, bio)))
        return lambda chosen: across(chosen, profile, today)

    clean = tuple(text for text in given.texts if not found(Kind.BIO, text))[:TEXTS]
    listed = tuple(lexicon.term(number).written for number in range(lexicon.terms))
    hits = [text for text in planted(Material(listed, clean, ""), len(clean)) if found(Kind.BIO, text)]
    chance = random.Random(4)
    drawn = [registration(chance) for _ in range(TEXTS)]
    profiles = [(name, bio) for name, bio in drawn if not found(Kind.USERNAME, name) and not found(Kind.BIO, bio)]
    usernames = [name for name, _ in profiles]
    kinds = [
        _Kind("a clean bio", clean, [screening(Kind.BIO, text) for text in clean], tuple(detectors)),
        _Kind("a bio with a listed term", hits, [screening(Kind.BIO, text) for text in hits], tuple(detectors)),
        _Kind("a clean username", usernames, [screening(Kind.USERNAME, name) for name in usernames], tuple(detectors)),
        _Kind(
            "a clean profile joined",
            [SEAM.join(each) for each in profiles],
            [joining(*each) for each in profiles],
            ACROSS,
        ),
    ]
    return quiet(lambda: _costs(kinds, detectors, rounds))


@dataclass(frozen=True, slots=True)
class _Kind:
    """Texts of one kind, how each is looked at, and the checks that look."""

    what: str
    texts: Sequence[str]
    looks: Sequence[Look]
    checks: tuple[Check, ...]

    @property
    def sets(self) -> list[tuple[Check, ...]]:
        return [*((check,) for check in self.checks), self.checks]


def _costs(kinds: Sequence[_Kind], detectors: Detectors, rounds: int) -> list[Cost]:
    spent: dict[tuple[str, tuple[Check, ...]], list[float]] = {}
    for _ in range(rounds + 1):
        for kind in kinds:
            for checks in kind.sets:
                taken = _pass(kind.looks, [detectors[check] for check in checks])
                spent.setdefault((kind.what, checks), []).append(taken)
    # The first pass warms up.
    return [
        Cost(
            kind.what,
            len(kind.texts),
            fmean(map(len, kind.texts)),
            {checks: median(spent[kind.what, checks][1:]) for checks in kind.sets},
        )
        for kind in kinds
    ]


def _pass(looks: Sequence[Look], chosen: Sequence[TextDetector]) -> float:
    """CPU microseconds a text of one pass, in which none was seen before."""
    segmentation.seams.cache_clear()
    began = time.process_time()
    for look in looks:
        look(chosen)
    return (time.process_time() - began) * 1e6 / len(looks)
