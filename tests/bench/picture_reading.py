"""Reading text and codes in pictures, beside what the libraries do by default, on pictures drawn by seed.

`python -m tests.bench.picture_reading [ROUNDS]` prints it.
"""

import sys
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from moderation.evaluation.metrics import table
from moderation.pictures.codes import read_codes
from moderation.pictures.decoded import Pixels
from moderation.pictures.reading import TextReader
from tests.bench.quiet import quiet
from tests.pictures import drawn, drawn_codes
from tests.pictures.drawn import Drawn

FOLDER = Path(__file__).parents[2] / "models" / "ocr"

SEED = 1
"""Not the tests' one, on which settings were chosen."""

TIMES_CHEAPER = 3.0
"""The least that reading text is to be cheaper than rapidocr's defaults."""

Read = Callable[[Pixels], set[str]]
"""What is read in an RGB picture: payloads, or the one text of all its lines."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How one reader did.

    right  by condition, the share of pictures read exactly, in [0, 1]
    false  of the pictures without text or code, in how many something was read
    full   CPU milliseconds a picture with text or code, by round
    empty  the same for pictures without
    """

    right: Mapping[str, float]
    false: int
    full: list[float]
    empty: list[float]

    @property
    def rate(self) -> float:
        """Over all conditions, which have equally many pictures."""
        return sum(self.right.values()) / len(self.right)


@dataclass(frozen=True, slots=True)
class PictureReading:
    """Readers by name; `ours` is one of them. One thread each."""

    texts: Mapping[str, Reader]
    codes: Mapping[str, Reader]
    pictures: int
    blanks: int

    def cheaper(self, than: str, empty: bool) -> list[float]:
        """How many times cheaper our reading of text is, by round."""
        ours, other = self.texts["ours"], self.texts[than]
        pairs = zip(ours.empty, other.empty, strict=True) if empty else zip(ours.full, other.full, strict=True)
        return [theirs / mine for mine, theirs in pairs]


def measure(rounds: int, each: int = 20) -> PictureReading:
    """All readers in one process, in turn; rates from the whole set, times of `each` pictures of a kind every round."""
    texts, codes, blanks = list(drawn.texts(SEED)), list(drawn_codes.codes(SEED)), list(drawn.blanks(SEED))
    text_readers: dict[str, Read] = {"ours": _ours(), "rapidocr": _rapidocr()}
    code_readers: dict[str, Read] = {"ours": _our_codes, "zxing": _zxing(), "OpenCV": _opencv()}
    return PictureReading(
        quiet(lambda: _measured(text_readers, texts, blanks, rounds, each)),
        quiet(lambda: _measured(code_readers, codes, blanks, rounds, each)),
        len(texts),
        len(blanks),
    )


def _measured(
    readers: Mapping[str, Read], full: Sequence[Drawn], empty: Sequence[Drawn], rounds: int, each: int
) -> dict[str, Reader]:
    shown = [on_grey(picture.pixels) for picture in full]
    conditions = list(dict.fromkeys(picture.condition for picture in full))
    told: dict[str, tuple[dict[str, float], int]] = {}
    for name, read in readers.items():
        right = [bare(picture.truth) in read(pixels) for picture, pixels in zip(full, shown, strict=True)]
        by = {
            condition: float(np.mean([r for r, p in zip(right, full, strict=True) if p.condition == condition]))
            for condition in conditions
        }
        told[name] = by, sum(any(read(picture.pixels)) for picture in empty)
    # Every so many, so that all conditions are among them.
    samples = [shown[:: max(1, len(shown) // each)], [p.pixels for p in empty[:: max(1, len(empty) // each)]]]
    spent: dict[str, list[list[float]]] = {name: [[], []] for name in readers}
    for _ in range(rounds):
        for at, sample in enumerate(samples):
            for name, read in readers.items():
                spent[name][at].append(_ms(partial(_all, read, sample)) / len(sample))
    return {name: Reader(*told[name], *spent[name]) for name in readers}


def _all(read: Read, pictures: Sequence[Pixels]) -> None:
    for pixels in pictures:
        read(pixels)


def _ms(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return (time.process_time() - began) * 1000


def bare(text: str) -> str:
    """As texts are compared: no blanks, full-width signs as ASCII."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def on_grey(pixels: Pixels) -> Pixels:
    """RGB; what is transparent is shown on mid-grey."""
    picture = Image.fromarray(pixels)
    paper = Image.new("RGB", picture.size, (128, 128, 128))
    paper.paste(picture, (0, 0), picture if picture.mode == "RGBA" else None)
    return np.array(paper)


def _ours() -> Read:
    reader = TextReader(FOLDER)
    return lambda pixels: {bare("".join(line.text for line in reader.read(pixels)))}


def _rapidocr() -> Read:
    """With its defaults, but for one thread and no log."""
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine: Any = RapidOCR(params={"Global.log_level": "error", **threads})

    def read(pixels: Pixels) -> set[str]:
        return {bare("".join(engine(pixels[..., ::-1].copy()).txts or ()))}

    return read


def _our_codes(pixels: Pixels) -> set[str]:
    return {bare(code.payload) for code in read_codes(pixels)}


def _zxing() -> Read:
    import zxingcpp

    return lambda pixels: {bare(code.text) for code in zxingcpp.read_barcodes(pixels)}


def _opencv() -> Read:
    import cv2

    cv2.utils.logging.setLogLevel(0)
    detector = cv2.QRCodeDetector()

    def read(pixels: Pixels) -> set[str]:
        _, payloads, _, _ = detector.detectAndDecodeMulti(pixels)
        return {bare(payload) for payload in payloads if payload}

    return read


def goals(found: PictureReading) -> list[tuple[str, str, str, str]]:
    """The lines of the goals' table: name, bound, measured, met."""
    texts, codes = found.texts, found.codes
    peer = max(reader.rate for name, reader in codes.items() if name != "ours")
    lines = [
        _goal(
            "pictures: text read exactly, rapidocr's defaults", "at least", texts["rapidocr"].rate, texts["ours"].rate
        ),
        _goal("pictures: codes read, the best of zxing and OpenCV alone", "at least", peer, codes["ours"].rate),
    ]
    for empty, what in ((False, "with text"), (True, "without")):
        times = median(found.cheaper("rapidocr", empty))
        name = f"pictures {what}: times as cheap to read as rapidocr's defaults"
        lines.append((name, f"at least {TIMES_CHEAPER:g}×", f"{times:.1f}×", _met(times >= TIMES_CHEAPER)))
    return lines


def _goal(name: str, bound: str, least: float, measured: float) -> tuple[str, str, str, str]:
    return name, f"{bound} {least:.3f}", f"{measured:.3f}", _met(measured >= least)


def _met(met: bool) -> str:
    return "yes" if met else "**no**"


def sections(found: PictureReading) -> list[str]:
    """Headings, paragraphs and tables."""
    times = ", ".join(
        f"{median(ratios):.1f}× ({min(ratios):.1f}–{max(ratios):.1f}) {what}"
        for ratios, what in (
            (found.cheaper("rapidocr", False), "with text"),
            (found.cheaper("rapidocr", True), "without"),
        )
    )
    return [
        "## Text and codes in pictures",
        f"{found.pictures} drawn pictures with text, {len(found.codes['ours'].right)} × 20 with a QR code and {found.blanks} with neither, "
        "which the tests draw too, from another seed. CPU time with one thread, in one process, in turn; medians of rounds. "
        "Beside ours stand rapidocr with its defaults (the same networks), zxing and OpenCV alone. "
        f"Reading text, ours is cheaper than rapidocr by {times}.",
        *(_table(readers) for readers in (found.texts, found.codes)),
    ]


def _table(readers: Mapping[str, Reader]) -> str:
    rows = [
        (condition, *(f"{reader.right[condition]:.2f}" for reader in readers.values()))
        for condition in next(iter(readers.values())).right
    ]
    rows.append(("all", *(f"{reader.rate:.3f}" for reader in readers.values())))
    rows.append(("read where there is nothing", *(str(reader.false) for reader in readers.values())))
    rows.append(("ms a picture with", *(f"{median(reader.full):.1f}" for reader in readers.values())))
    rows.append(("ms a picture without", *(f"{median(reader.empty):.1f}" for reader in readers.values())))
    return table(["Share read exactly", *readers], rows)


def main() -> None:
    rounds = int(next(islice(sys.argv, 1, None), "3"))
    found = measure(rounds)
    print("\n\n".join([table(["Goal", "Bound", "Measured", "Met"], goals(found)), *sections(found)]))


if __name__ == "__main__":
    main()
