"""The bank of known pictures: what it finds of copies and mistakes strangers for, and what it costs, beside plain library calls."""

import importlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from moderation.evaluation.metrics import table
from moderation.pictures.bank import PHASH_WITHIN, UNLIKE
from moderation.pictures.hashing import Bytes, FrameHash, hamming, hash_and_views
from moderation.pictures.index import WITHIN, HashIndex, load, save
from tests.pictures.scenes import COPIES, CROPS, Pixels, drawing, lettering, scene

Say = Callable[[str], None]

KINDS: dict[str, Callable[[int], Pixels]] = {"scenes": scene, "drawings": drawing, "letters on white": lettering}

QUERY_MS, BUILD, LOAD, HASH_MS = 2.0, 5.0, 1.0, 2.0
"""The most for a look-up of all eight views, building a million, loading them (s), and hashing a 400×400 frame in all views."""
RECALL = 0.99
"""The least share of copies of scenes and drawings that are found by PDQ."""


@dataclass(frozen=True, slots=True)
class Found:
    """By one way of copying, the shares that are found: by PDQ in all views, by PDQ or pHash, by PDQ upright, by ImageHash.

    imagehash  None where that package is not installed
    """

    kind: str
    copy: str
    pdq: float
    either: float
    upright: float
    imagehash: float | None


@dataclass(frozen=True, slots=True)
class Mistaken:
    """Of so many pairs of unrelated pictures, how many are taken for copies, and the nearest by PDQ in bits."""

    kind: str
    pairs: int
    pdq: int
    phash: int
    nearest: int
    imagehash: int | None


@dataclass(frozen=True, slots=True)
class Lookup:
    """What looking for eight views took: CPU milliseconds; `build` in CPU seconds; `exact` whether it found just what there is."""

    name: str
    p50: float
    p99: float
    build: float | None
    exact: bool


@dataclass(frozen=True, slots=True)
class PictureBank:
    """hash_ms  CPU milliseconds to hash a 400×400 picture in all views, by who does it; None where it is not installed"""

    hashes: int
    found: Sequence[Found]
    mistaken: Sequence[Mistaken]
    lookups: Sequence[Lookup]
    file_bytes: int
    load_seconds: float
    hash_ms: dict[str, float | None]


def measure(say: Say, hashes: int = 1_000_000, pictures: int = 150, queries: int = 200) -> PictureBank:
    """Everything on pictures and hashes made from seeds."""
    say("pictures: copies and strangers")
    found, mistaken = list[Found](), list[Mistaken]()
    for kind, make in KINDS.items():
        originals = [make(seed) for seed in range(pictures)]
        found += _found(kind, originals)
        mistaken.append(_mistaken(kind, originals))
    say(f"pictures: {hashes:,} hashes")
    lookups, file_bytes, load_seconds = _lookups(hashes, queries)
    return PictureBank(hashes, found, mistaken, lookups, file_bytes, load_seconds, _hashing())


def _found(kind: str, originals: Sequence[Pixels]) -> Iterator[Found]:
    known = [hash_and_views(pixels)[0] for pixels in originals]
    theirs = _imagehash()
    for name, change in {**COPIES, **CROPS}.items():
        copies = [change(pixels) for pixels in originals]
        pairs = list(zip(known, map(hash_and_views, copies), strict=True))
        by_pdq = [min(hamming(its.pdq, view.tobytes()) for view in views) <= WITHIN for its, (_, views) in pairs]
        by_phash = [_alike(its, frame) for its, (frame, _) in pairs]
        upright = [hamming(its.pdq, frame.pdq) <= WITHIN for its, (frame, _) in pairs]
        imagehash = None
        if theirs:
            imagehash = mean(
                bool(theirs(pixels) - theirs(copy) <= PHASH_WITHIN)
                for pixels, copy in zip(originals, copies, strict=True)
            )
        either = mean(one or other for one, other in zip(by_pdq, by_phash, strict=True))
        yield Found(kind, name, mean(by_pdq), either, mean(upright), imagehash)


def _mistaken(kind: str, originals: Sequence[Pixels]) -> Mistaken:
    seen = [hash_and_views(pixels) for pixels in originals]
    upright = np.stack([np.frombuffer(frame.pdq, dtype=np.uint8) for frame, _ in seen])
    nearest = [_distances(views, upright[at + 1 :]).min(axis=0) for at, (_, views) in enumerate(seen[:-1])]
    distances = np.concatenate(nearest)
    pairs = [(one, other) for at, (one, _) in enumerate(seen) for other, _ in seen[at + 1 :]]
    imagehash = None
    if theirs := _imagehash():
        made = [theirs(pixels) for pixels in originals]
        imagehash = sum(bool(one - other <= PHASH_WITHIN) for at, one in enumerate(made) for other in made[at + 1 :])
    return Mistaken(
        kind,
        len(pairs),
        int((distances <= WITHIN).sum()),
        sum(_alike(one, other) for one, other in pairs),
        int(distances.min()),
        imagehash,
    )


def _alike(one: FrameHash, other: FrameHash) -> bool:
    """By pHash, as the bank believes it."""
    both = bool(one.phash and other.phash)
    return both and (one.phash ^ other.phash).bit_count() <= PHASH_WITHIN and hamming(one.pdq, other.pdq) <= UNLIKE


def _lookups(count: int, queries: int) -> tuple[list[Lookup], int, float]:
    rng = np.random.default_rng(1)
    hashes, keys = rng.integers(0, 256, (count, 32), dtype=np.uint8), np.arange(count)
    asked = [rng.integers(0, 256, (8, 32), dtype=np.uint8) for _ in range(queries)]
    for at, views in enumerate(asked[::2]):  # every other one is a copy, up to 31 bits off
        bits = np.unpackbits(hashes[int(rng.integers(count))])
        bits[rng.choice(256, at % (WITHIN + 1), replace=False)] ^= 1
        views[at % 8] = np.packbits(bits)
    few = asked[:20]
    truth = [sorted(key for view in views for key in _plainly(hashes, view)) for views in few]
    began = time.process_time()
    index = HashIndex.of(hashes, keys)
    build = time.process_time() - began
    rows = [_timed("this index", lambda views: [near.key for near in index.search(views)], asked, truth, build)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bank.idx"
        save(path, index.arrays(), {})
        size, started = path.stat().st_size, time.perf_counter()
        read = load(path)
        assert read is not None
        again = HashIndex.from_arrays(read[0])
        again.search(asked[0])
        loaded = time.perf_counter() - started
        rows.append(
            _timed("this index, from its file", lambda views: [n.key for n in again.search(views)], asked, truth, None)
        )
    one_by_one = _timed(
        "comparing all, numpy",
        lambda views: [key for view in views for key in _plainly(hashes, view)],
        few,
        truth,
        None,
    )
    return [*rows, one_by_one, *_faiss(hashes, few, truth)], size, loaded


def _faiss(hashes: Bytes, asked: Sequence[Bytes], truth: Sequence[list[int]]) -> Iterator[Lookup]:
    try:
        faiss: Any = importlib.import_module("faiss")
    except ImportError:
        return
    began = time.process_time()
    flat = faiss.IndexBinaryFlat(256)
    flat.add(hashes)
    built = time.process_time() - began
    # Its range search leaves the bound itself out.
    yield _timed(
        "faiss IndexBinaryFlat", lambda views: flat.range_search(views, WITHIN + 1)[2].tolist(), asked, truth, built
    )


def _timed(
    name: str,
    search: Callable[[Bytes], list[int]],
    asked: Sequence[Bytes],
    truth: Sequence[list[int]],
    build: float | None,
) -> Lookup:
    exact = all(sorted(search(views)) == there for views, there in zip(asked, truth, strict=False))
    spent = []
    for views in asked:
        began = time.process_time()
        search(views)
        spent.append(1000 * (time.process_time() - began))
    return Lookup(name, median(spent), float(np.percentile(spent, 99)), build, exact)


def _plainly(hashes: Bytes, view: Bytes) -> list[int]:
    words: npt.NDArray[np.uint64] = hashes.view(np.uint64)
    distances = np.bitwise_count(words ^ view.view(np.uint64)).sum(axis=1, dtype=np.uint16)
    return [int(row) for row in np.nonzero(distances <= WITHIN)[0]]


def _distances(views: Bytes, upright: Bytes) -> npt.NDArray[np.int64]:
    found = np.bitwise_count(views[:, None, :] ^ upright[None, :, :]).sum(axis=2, dtype=np.int64)
    return np.asarray(found, dtype=np.int64)


def _hashing(repeats: int = 100) -> dict[str, float | None]:
    pixels = scene(1)
    try:
        dihedral = importlib.import_module("pdqhash").compute_dihedral
    except ImportError:
        theirs = None
    else:
        theirs = _each(lambda: dihedral(pixels), repeats)
    ours = _each(lambda: hash_and_views(pixels), repeats)
    return {"PDQ in eight views and pHash, here": ours, "pdqhash.compute_dihedral": theirs}


def _each(task: Callable[[], object], repeats: int) -> float:
    task()
    began = time.process_time()
    for _ in range(repeats):
        task()
    return 1000 * (time.process_time() - began) / repeats


def _imagehash() -> Callable[[Pixels], Any] | None:
    try:
        phash = importlib.import_module("imagehash").phash
    except ImportError:
        return None
    return lambda pixels: phash(Image.fromarray(pixels))


Goal = tuple[str, str, str, str]
"""What is measured, the bound, the figure, and whether it is met."""


def goals(found: PictureBank) -> Iterator[Goal]:
    """The lines of the goals' table."""
    ours, [hashing, *_] = found.lookups[0], found.hash_ms.values()
    copies = [each.pdq for each in found.found if each.copy in COPIES and each.kind != "letters on white"]
    wrong, pairs = sum(each.pdq for each in found.mistaken), sum(each.pairs for each in found.mistaken)
    count = f"{found.hashes:,} hashes"
    yield _at_most(f"{count}: a look-up of eight views, p50", ours.p50, QUERY_MS, "ms")
    yield _at_most(f"{count}: built", ours.build or 0.0, BUILD, "s")
    yield _at_most(f"{count}: loaded from a file, to the first answer", found.load_seconds, LOAD, "s")
    yield _at_most("a 400×400 frame hashed in all views", hashing or 0.0, HASH_MS, "ms")
    yield f"{count}: exact up to {WITHIN} bits", "yes", "yes" if ours.exact else "no", "yes" if ours.exact else "**no**"
    worst = min(copies)
    yield (
        "copies of scenes and drawings found by PDQ, worst way of copying",
        f"at least {RECALL:.0%}",
        f"{worst:.1%}",
        "yes" if worst >= RECALL else "**no**",
    )
    yield "strangers taken for copies by PDQ", "none", f"{wrong} of {pairs:,} pairs", "yes" if not wrong else "**no**"


def _at_most(name: str, measured: float, bound: float, unit: str) -> Goal:
    return name, f"at most {bound:g} {unit}", f"{measured:.2f} {unit}", "yes" if measured <= bound else "**no**"


def sections(found: PictureBank) -> list[str]:
    """Headings, paragraphs and tables."""
    copies = [
        (each.kind, each.copy, f"{each.pdq:.1%}", f"{each.either:.1%}", f"{each.upright:.1%}", _share(each.imagehash))
        for each in found.found
    ]
    strangers = [
        (
            m.kind,
            f"{m.pairs:,}",
            str(m.pdq),
            str(m.nearest),
            str(m.phash),
            "–" if m.imagehash is None else str(m.imagehash),
        )
        for m in found.mistaken
    ]
    lookups = [
        (each.name, f"{each.p50:.2f} ms", f"{each.p99:.2f} ms", _seconds(each.build), "yes" if each.exact else "**no**")
        for each in found.lookups
    ]
    costs = [(name, "not installed" if ms is None else f"{ms:.2f} ms") for name, ms in found.hash_ms.items()]
    return [
        "## The bank of known pictures",
        "Pictures of 400×400 made from seeds (`tests/pictures/scenes.py`). A copy counts as found by PDQ within 31 bits of 256, by "
        "pHash within 10 of 64; *upright* is PDQ as a library computes it, without the views.",
        table(("Pictures", "Copied by", "PDQ, eight views", "PDQ or pHash", "PDQ upright", "ImageHash phash"), copies),
        "Pairs of pictures that have nothing to do with one another, in eight views:",
        table(("Pictures", "Pairs", "Mistaken by PDQ", "Nearest, bits", "by pHash", "by ImageHash phash"), strangers),
        f"Eight views looked up among {found.hashes:,} hashes, CPU time; the file has {found.file_bytes / 1e6:.0f} MB and gives "
        f"its first answer after {found.load_seconds * 1000:.0f} ms:",
        table(("Index", "p50", "p99", "Built in", "Exact"), lookups),
        "Hashing one 400×400 picture, CPU time:",
        table(("By", "Takes"), costs),
    ]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"
