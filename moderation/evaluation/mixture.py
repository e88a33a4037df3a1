"""What a classifier is trained on: which texts, how often each, and how many of them in disguise."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random

from moderation.core.finding import Verdict
from moderation.core.submission import Kind, Scene
from moderation.detectors.keywords import KeywordDetector
from moderation.evaluation.augmentation import disguised
from moderation.evaluation.datasets import Example, digest_of, read_corrections, read_examples, read_folder, sample
from moderation.text.lexicon import Lexicon
from moderation.text.wordlist import Status

HARMLESS = ("lccc", "thucnews_titles", "names_ancient", "names_japanese", "chengyu")
"""Files of everyday text; some of LCCC does violate: what was found so is corrected, and what the word lists refuse left out."""

CORRECTIONS = "corrections.tsv"
"""The file of the corpus that tells which texts of public sets count as harmless there and are not."""

NAMES = frozenset({"names_ancient", "names_japanese", "chengyu"})
"""Of these, files of short strings like usernames."""


@dataclass(frozen=True, slots=True)
class Share:
    """How a source is used.

    repeats    how often each text is seen; a fraction is a chance
    disguised  the share, in [0, 1], of what is seen that is rewritten, differently each time
    limit      so many different texts at most; the rest of harmless sources is left for choosing thresholds
    """

    repeats: float
    disguised: float = 0.15
    limit: int = 1_000_000


CORPUS, OWN, TERMS, BENIGN = Share(5, 0.4), Share(5, 0.2), Share(1, 0.6, 8_000), Share(1, 0.15)
FILES = {
    "cold": Share(2, 0.2),
    "swsr": Share(1, 0.1),
    "lccc": Share(1.2, 0.15, 10_000),
    "thucnews_titles": Share(2, 0.05, 3_400),
    "names_ancient": Share(1, 0.1, 2_400),
    "names_japanese": Share(1, 0.1, 600),
    "chengyu": Share(1, 0.3, 1_800),
}
"""Data files that are known by name; any other is taken as the corpus is."""


@dataclass(frozen=True)
class Mixture:
    """What was drawn.

    train   in the order of the sources, repeated and in part disguised
    dev     what was held back, to calibrate and measure with
    unseen  harmless texts that were not drawn
    """

    train: list[Example]
    dev: list[Example]
    unseen: list[Example]


def mix(
    corpus: Path,
    data: Path | None,
    own: Sequence[Path],
    wordlists: Path,
    lexicon: Lexicon,
    refused: Callable[[str], bool],
    seed: int,
    disguise: bool = True,
) -> Mixture:
    """Draws the texts to train on.

    corpus     a folder with a JSON-lines file a category, and in `dev/` the part that is only measured on
    data       a folder of files like those named in FILES, or None
    own        a user's files, decisions of their reviewers, say
    wordlists  the folder of lists, for its harmless texts
    refused    whether the word lists refuse a text
    disguise   False for texts as they are
    """
    random = Random(seed)

    def seen(examples: Sequence[Example], share: Share) -> list[Example]:
        return _seen(examples, share if disguise else replace(share, disguised=0.0), random)

    train: list[Example] = []
    dev = read_folder(corpus / "dev", "dev")
    unseen: list[Example] = []
    # A tenth of the everyday texts, which have no dev part of their own.
    everyday = list(read_examples(corpus / "everyday.jsonl"))
    dev += (example for example in everyday if example.split == "dev")
    files = [file for file in sorted(corpus.glob("*.jsonl")) if file.stem != "everyday"]
    train += seen([e for e in everyday if e.split == "train"], CORPUS)
    train += seen([example for file in files for example in read_examples(file, "train")], CORPUS)
    for file in own:
        rows = read_folder(file)
        train += seen([row for row in rows if row.split == "train"], OWN)
        dev += (row for row in rows if row.split == "dev")
    train += seen(benign(wordlists), BENIGN)
    train += seen(terms(lexicon), TERMS)
    corrections = read_corrections(corpus / CORRECTIONS)
    for file in sorted(data.glob("*.jsonl")) if data else ():
        share = FILES.get(file.stem, CORPUS)
        kind = Kind.USERNAME if file.stem in NAMES else Kind.POST
        rows = [replace(row, kind=kind) for row in read_examples(file)]
        if file.stem in HARMLESS:
            rows = [replace(row, labels=corrections.get(digest_of(row.text), row.labels)) for row in rows]
            train += seen([row for row in rows if row.labels and row.split == "train"], CORPUS)
            rows = [row for row in rows if not row.labels and not refused(row.text)]
        dev += (row for row in rows if row.split == "dev")
        rows = [row for row in rows if row.split == "train"]
        # Harmless ones by their hash: what one run leaves to choose thresholds on, another must not learn.
        drawn = sorted(rows, key=lambda row: digest_of(row.text))[: share.limit] if file.stem in HARMLESS else rows
        train += seen(drawn, share)
        unseen += _without(rows, drawn)
    return Mixture(train, dev, _without(unseen, train + dev))


def refuses(lexicon: Lexicon, today: date) -> Callable[[str], bool]:
    """Tells whether a day's word lists refuse a text as a post."""
    detector = KeywordDetector(lexicon)

    def refused(text: str) -> bool:
        found = detector.screen(text, Kind.POST, Scene.POST, today)
        return any(finding.ceiling is Verdict.REJECT for finding in found)

    return refused


def focused(drawn: Sequence[Example], seed: int) -> list[Example]:
    """What a model that has seen a mixture is trained on further: all that is of the corpus and a user's own, the rest sampled.

    Public data sets are many times larger than the corpus and know two or three of its categories only. A third as many
    of their harmless texts as of our own, since false alarms rise without, and a third as many of the others.
    """
    random = Random(seed + 1)
    rest = {*FILES, "benign", "wordlists"}
    own = [example for example in drawn if example.source not in rest]
    everyday = {*HARMLESS, "benign"}
    harmless = [example for example in drawn if example.source in everyday]
    others = [example for example in drawn if example.source in rest - everyday]
    return [*own, *sample(harmless, len(own) // 3, random), *sample(others, len(own) // 3, random)]


def benign(wordlists: Path) -> list[Example]:
    """The harmless texts that the word lists are checked against."""
    kinds = {"usernames": Kind.USERNAME, "bios": Kind.BIO, "posts": Kind.POST}
    return [
        Example(line.replace("\\n", "\n"), frozenset(), "train", "benign", kind)
        for name, kind in kinds.items()
        for line in (wordlists / "benign" / f"{name}.txt").read_text(encoding="utf-8").split("\n")
        if line
    ]


def terms(lexicon: Lexicon) -> list[Example]:
    """Listed terms that may be refused whatever stands around them, as short posts."""
    found = map(lexicon.term, range(lexicon.terms))
    return [
        Example(term.written, frozenset({term.category}), "train", "wordlists")
        for term in found
        if term.rules.status is Status.LIVE and not term.rules.near and not term.rules.far and len(term.text) > 2
    ]


def _seen(examples: Sequence[Example], share: Share, random: Random) -> list[Example]:
    """The examples as often as their share says, some of them in disguise."""
    found = []
    for example in sample(examples, share.limit, random):
        times = int(share.repeats) + (random.random() < share.repeats % 1)
        for _ in range(times):
            rewritten = random.random() < share.disguised
            found.append(replace(example, text=disguised(example.text, random)) if rewritten else example)
    return found


def _without(examples: Iterable[Example], others: Iterable[Example]) -> list[Example]:
    texts = {example.text for example in others}
    return [example for example in examples if example.text not in texts]
