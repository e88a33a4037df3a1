"""Nudity, gore and whatever else the models in one folder tell of a frame: scores in [0, 1], no verdict."""

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from moderation.core.errors import BadSetup, Problem
from moderation.pictures.decoded import Pixels

MANIFEST = "manifest.json"
RESTORE = "restore it from the repository; a model of your own is described in README.md beside it"

ROUNDING = 1e-3
"""By how much a sum of shares may leave [0, 1]."""

Values = npt.NDArray[np.float32]
Fit = Callable[[Image.Image, int], Pixels]
"""Makes an RGB picture a square of so many pixels a side."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one model says of one category.

    category  code of the agreement's category, e.g. "porn"
    score     in [0, 1], higher is surer; how sure differs from model to model, none is a calibrated probability
    source    name and version of the model, e.g. "nudity@864bb37b"
    """

    category: str
    score: float
    source: str


@dataclass(frozen=True, slots=True)
class Input:
    """What a model takes: one square picture, float32, each channel (value - mean) / scale of its 0–255.

    side      pixels
    fit       how a picture becomes a square, a key of FITS
    layout    "nhwc" or "nchw"
    colours   "rgb" or "bgr", the order of the channels, of `mean` and of `scale` too
    """

    side: int
    fit: str
    layout: str
    colours: str
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    scale: tuple[float, ...] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        if not 16 <= self.side <= 1024:
            raise ValueError(f"side is 16 to 1024, got {self.side}")
        for name, value, known in (
            ("fit", self.fit, tuple(FITS)),
            ("layout", self.layout, ("nhwc", "nchw")),
            ("colours", self.colours, ("rgb", "bgr")),
        ):
            if value not in known:
                raise ValueError(f"{name} is one of {', '.join(known)}, got {value!r}")
        if len(self.mean) != 3 or len(self.scale) != 3 or 0 in self.scale:
            raise ValueError("mean and scale have three numbers each, of scale none is 0")

    def of(self, picture: Image.Image) -> Values:
        """The batch of one that the model is run on."""
        square = FITS[self.fit](picture, self.side)
        ordered = square[..., ::-1] if self.colours == "bgr" else square
        values = ordered.astype(np.float32)
        # Only where there is something to do: each is a pass over all values.
        if any(self.mean):
            values -= np.asarray(self.mean, dtype=np.float32)
        if self.scale != (1.0, 1.0, 1.0):
            values /= np.asarray(self.scale, dtype=np.float32)
        return np.ascontiguousarray((values.transpose(2, 0, 1) if self.layout == "nchw" else values)[None])


def cropped(picture: Image.Image, side: int) -> Pixels:
    """As open_nsfw was trained: squeezed to a square an eighth of the crop larger, its middle, once through JPEG.

    The trip through JPEG belongs to it: without it scores move by some hundredths.
    """
    larger = side * 8 // 7
    edge = (larger - side) // 2
    middle = picture.resize((larger, larger), Image.Resampling.BILINEAR).crop((edge, edge, edge + side, edge + side))
    buffer = io.BytesIO()
    middle.save(buffer, format="JPEG")
    return np.asarray(Image.open(buffer, formats=("JPEG",)), dtype=np.uint8)


def padded(picture: Image.Image, side: int) -> Pixels:
    """The whole picture in the middle, in its proportions; what it leaves free shows it squeezed and blurred."""
    width, height = picture.size
    scale = min(side / width, side / height)
    fitting = tuple(max(1, min(side, round(length * scale))) for length in (width, height))
    whole = _resized(picture, fitting[0], fitting[1])
    if fitting == (side, side):
        return whole
    square = blurred(_resized(picture, side, side), free=fitting)
    left, top = (side - fitting[0]) // 2, (side - fitting[1]) // 2
    square[top : top + fitting[1], left : left + fitting[0]] = whole
    return square


def squeezed(picture: Image.Image, side: int) -> Pixels:
    """The whole picture, its proportions lost."""
    return np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR), dtype=np.uint8)


FITS: Mapping[str, Fit] = {"cropped": cropped, "padded": padded, "squeezed": squeezed}


def _resized(picture: Image.Image, width: int, height: int) -> Pixels:
    """Shrunk with Lanczos after whole blocks are averaged, grown with bicubic: what libvips does, with which this was trained."""
    grows = width > picture.width or height > picture.height
    kind = Image.Resampling.BICUBIC if grows else Image.Resampling.LANCZOS
    return np.asarray(picture.resize((width, height), kind, reducing_gap=2.0), dtype=np.uint8)


def _tap_weights(deviation: float = 10.0, least: float = 0.2) -> tuple[int, ...]:
    """Whole weights of a Gaussian filter, cut off where they fall below a share of the middle one: 35 of them, the middle is 20."""
    reach = int(np.sqrt(-2 * np.log(least)) * deviation)
    return tuple(round(20 * float(np.exp(-(at**2) / (2 * deviation**2)))) for at in range(-reach, reach + 1))


_TAPS = _tap_weights()


def blurred(square: Pixels, free: Sequence[int]) -> Pixels:
    """The square blurred where a picture of `free` = (width, height) in its middle does not cover it; the rest is left black.

    Most of the cost of a picture that is no square is here, so what is covered is not blurred.
    """
    side = len(square)
    result = np.zeros_like(square)
    if free[0] == side:
        start = (side - free[1]) // 2
        for rows in (slice(0, start), slice(start + free[1], side)):
            result[rows] = _blurred_rows(square, rows)
        return result
    turned = blurred(np.ascontiguousarray(square.transpose(1, 0, 2)), (free[1], free[0]))
    return np.ascontiguousarray(turned.transpose(1, 0, 2))


def _blurred_rows(square: Pixels, rows: slice) -> Pixels:
    reach = len(_TAPS) // 2
    tall = np.pad(square.astype(np.float32), ((reach, reach), (0, 0), (0, 0)), mode="edge")
    some = _weighed(tall[rows.start : rows.stop + 2 * reach])
    wide = np.pad(some, ((0, 0), (reach, reach), (0, 0)), mode="edge").transpose(1, 0, 2)
    return _weighed(np.ascontiguousarray(wide)).transpose(1, 0, 2).astype(np.uint8)


def _weighed(values: Values) -> Values:
    """The filter along the first axis, rounded as whole numbers are; the ends are lost."""
    length = len(values) - len(_TAPS) + 1
    total = np.zeros((length, *values.shape[1:]), dtype=np.float32)
    for at, weight in enumerate(_TAPS):
        total += weight * values[at : at + length]
    return np.asarray(np.floor(total / sum(_TAPS) + 0.5), dtype=np.float32)


def _exclusive(logits: Values) -> Values:
    exponents = np.exp(logits - logits.max())
    return np.asarray(exponents / exponents.sum(), dtype=np.float32)


_OUTPUTS: Mapping[str, Callable[[Values], Values]] = {
    "probabilities": lambda values: values,
    "logits": _exclusive,
    "sigmoid logits": lambda values: np.asarray(1 / (1 + np.exp(-values)), dtype=np.float32),
}
"""What a model answers for its labels, and how that becomes a share in [0, 1] for each."""


class _Model:
    """One entry of the manifest, verified and loaded."""

    def __init__(self, folder: Path, place: str, entry: Mapping[str, Any], threads: int) -> None:
        try:
            self.source = f"{entry['name']}@{entry['version']}"
            file, digest = str(entry["file"]), str(entry["sha256"])
            numbers = {
                key: tuple(map(float, entry["input"][key])) for key in ("mean", "scale") if key in entry["input"]
            }
            self.input = Input(**{**entry["input"], **numbers})
            self.output = str(entry["output"])
            self.labels = tuple(entry["labels"].values())
            self.halfway = {str(code): float(share) for code, share in entry.get("halfway", {}).items()}
            if self.output not in _OUTPUTS:
                raise ValueError(f"output is one of {', '.join(_OUTPUTS)}, got {self.output!r}")
            if not all(label is None or isinstance(label, str) for label in self.labels):
                raise ValueError("labels gives for each label a category's code, or null for none")
            if not set(self.halfway) <= set(self.labels) or not all(0 < share < 1 for share in self.halfway.values()):
                raise ValueError("halfway gives for categories of its labels a share between 0 and 1")
        except KeyError as error:
            raise _refused(place, f"lacks {error}") from error
        except (AttributeError, TypeError, ValueError) as error:
            raise _refused(place, f"is not as it should be: {error}") from error
        content = _verified(folder / file, digest)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
            (self.feed,) = (each.name for each in self.session.get_inputs())
            self.scores(Image.new("RGB", (self.input.side, self.input.side)))  # warms it up, too
        except Exception as error:  # onnxruntime's errors share no narrower base
            raise _refused(str(folder / file), f"is not a model that runs as {place} describes it ({error})") from error

    def scores(self, picture: Image.Image) -> list[Judgement]:
        answer = np.asarray(self.session.run(None, {self.feed: self.input.of(picture)})[0], dtype=np.float32)
        if answer.size != len(self.labels):
            raise ValueError(f"{answer.size} values for {len(self.labels)} labels")
        shares = _OUTPUTS[self.output](answer.ravel()).tolist()
        # Of labels that exclude one another the shares add up; of others the surest counts.
        together = max if self.output == "sigmoid logits" else sum
        judgements = []
        for category in dict.fromkeys(self.labels):
            if category is not None:
                own = [share for share, label in zip(shares, self.labels, strict=True) if label == category]
                total = together(own)
                if not -ROUNDING <= total <= 1 + ROUNDING:  # NaN, too
                    raise ValueError(f"{total} is no share in [0, 1], so these are no {self.output}")
                score = stretched(min(max(total, 0.0), 1.0), self.halfway.get(category, 0.5))
                judgements.append(Judgement(category, score, self.source))
        return judgements


def stretched(share: float, halfway: float) -> float:
    """A share in [0, 1] on a scale on which `halfway` is 0.5, so that one threshold serves models that are sure in different ways.

    >>> stretched(0.9, 0.9), stretched(0.45, 0.9), stretched(1.0, 0.9)
    (0.5, 0.25, 1.0)
    """
    return 0.5 * share / halfway if share < halfway else 1 - 0.5 * (1 - share) / (1 - halfway)


class ExplicitModels:
    """All models that a folder's manifest names. May be asked by several threads at once.

    threads  that one run of a model uses, ≥1

    Raises BadSetup if the manifest or a model is missing, corrupted (by its sha256), or not as the manifest says.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        path = folder / MANIFEST
        try:
            entries = json.loads(path.read_bytes())["models"]
        except FileNotFoundError as error:
            raise _refused(str(path), "is missing") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _refused(str(path), f"cannot be read ({error})") from error
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise _refused(str(path), "gives no list of models")
        self._models = [_Model(folder, f"{path}: models.{at}", entry, threads) for at, entry in enumerate(entries)]

    @property
    def sources(self) -> tuple[str, ...]:
        """Name and version of every model, as judgements cite them."""
        return tuple(model.source for model in self._models)

    def scores(self, pixels: Pixels) -> tuple[Judgement, ...]:
        """For an RGB frame, whatever its size: one judgement for each model and category that it knows."""
        picture = Image.fromarray(pixels)
        return tuple(said for model in self._models for said in model.scores(picture))


def _verified(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise _refused(str(path), "is missing") from error
    except OSError as error:
        raise _refused(str(path), f"cannot be read ({error})") from error
    if (found := hashlib.sha256(content).hexdigest()) != digest:
        raise _refused(str(path), f"is corrupted: its sha256 is {found[:12]}…, the manifest says {digest[:12]}…")
    return content


def _refused(field: str, reason: str) -> BadSetup:
    return BadSetup([Problem(field, reason, RESTORE)])
