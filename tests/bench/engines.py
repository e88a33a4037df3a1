"""The engines alone, in this process: keywords, the classifier, and profiles through the whole panel."""

import random
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from statistics import fmean, median

from tokenizers import Tokenizer

from moderation.core.clock import Clock
from moderation.core.submission import Account, Item, Kind, Scene, Submission
from moderation.detectors.classifier import TOKENIZER, load_classifier
from moderation.detectors.keywords import KeywordDetector
from moderation.flows.rescan import CHUNK
from moderation.settings import Settings
from moderation.text import segmentation
from moderation.text.lexicon import load_lexicon
from moderation.wiring import build_panel, read_policy
from tests.bench.figures import Classifier, Keywords, Rescan
from tests.bench.quiet import quiet
from tests.bench.texts import clean, registration, violating

LENGTHS = (16, 32, 64, 128)
"""Tokens of one text; 96 fit into one window of the model, so that 128 are two."""
AT_ONCE = 32
FOLDER = Settings.read({}).models / "text"


def keywords(repeats: int) -> Keywords:
    """CPU time of folding and matching short texts with the lists that ship."""
    settings, chance, today = Settings.read({}), random.Random(1), date.today()
    detector = KeywordDetector(load_lexicon(settings.wordlists, read_policy(settings.policy).categories.keys()))
    segmentation.warm()

    def hit(text: str) -> bool:
        return bool(detector.screen(text, Kind.BIO, Scene.REGISTRATION, today))

    without = [text for text in (clean(chance) for _ in range(2000)) if not hit(text)]
    with_hits = [text for text in (violating(chance) for _ in range(1000)) if hit(text)]

    def once(texts: list[str]) -> float:
        began = time.process_time()
        for text in texts:
            hit(text)
        return (time.process_time() - began) * 1e6 / len(texts)

    return Keywords(
        terms=detector.lexicon.terms,
        clean_us=quiet(lambda: median(once(without) for _ in range(repeats))),
        clean_characters=fmean(map(len, without)),
        hits_us=quiet(lambda: median(once(with_hits) for _ in range(repeats))),
        hits_characters=fmean(map(len, with_hits)),
    )


def classifier(repeats: int) -> Classifier:
    """Wall-clock time through the classifier's own queue and thread, one thread of the model."""
    folder, chance = FOLDER, random.Random(2)
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    with load_classifier(folder) as loaded:

        def once(texts: list[str]) -> float:
            began = time.perf_counter()
            loaded.submit(texts).result()
            return time.perf_counter() - began

        once([clean(chance)])
        alone = {}
        for tokens in LENGTHS:
            texts = [_of_tokens(tokenizer, tokens, chance) for _ in range(8 * repeats)]
            alone[tokens] = median(once([text]) for text in texts) * 1000
        batches = [[clean(chance) for _ in range(AT_ONCE)] for _ in range(2 * repeats)]
        at_once = AT_ONCE / median(once(batch) for batch in batches)
    lengths = [len(tokenizer.encode(text).ids) for batch in batches for text in batch]
    return Classifier(alone, at_once, fmean(lengths))


def rescan(batches: int) -> Rescan:
    """Profiles, a username and a bio each, through the panel in the batches that workers use."""
    speeds = {}
    for on in (True, False):
        settings, chance = replace(Settings.read({}), classifier=on), random.Random(3)
        with ExitStack() as closing:
            panel = build_panel(settings, read_policy(settings.policy), Clock(), closing)
            spent = []
            for _ in range(batches if on else batches * 8):
                profiles = [_profile(at, chance) for at in range(CHUNK)]
                began = time.perf_counter()
                panel.screen(profiles)
                spent.append(time.perf_counter() - began)
            speeds[on] = CHUNK / median(spent)
    return Rescan(CHUNK, speeds[True], speeds[False])


def _profile(at: int, chance: random.Random) -> Submission:
    username, bio = registration(chance)
    items = Item(Kind.USERNAME, username), Item(Kind.BIO, bio)
    return Submission(Scene.RESCAN, items, Account(f"bench-{at}"))


def _of_tokens(tokenizer: Tokenizer, tokens: int, chance: random.Random) -> str:
    """A text of exactly or nearly so many tokens, special ones included."""
    text = "，".join(clean(chance) for _ in range(tokens // 4))
    end = next(at for at in range(1, len(text) + 1) if len(tokenizer.encode(text[:at]).ids) >= tokens)
    return text[:end]
