"""Perceptual hashes of a frame: PDQ in its eight views, and a pHash of 64 bits as a second opinion.

PDQ follows the published description (ThreatExchange, "PDQ and TMK+PDQF") so that hash lists of others can be used: luma,
two passes of a box filter, 64×64 samples, frequencies 1–16 of their cosine transform, a bit for each that is above the
median. What the passes of the filter add up to is worked out once a size, so that a frame costs a few sums of rows.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

Bytes = npt.NDArray[np.uint8]
_Floats = npt.NDArray[np.float32]
_Values = TypeVar("_Values", Bytes, _Floats)

PDQ_BYTES = 32

LARGEST = 512
"""A side longer than this (px) is averaged down to at most this first; the hash needs 64 samples of it."""

SMALLEST = 5
"""A side shorter than this (px) has no hash: all zero, of quality 0."""

VIEWS = (
    "upright",
    "turned left",
    "turned upside down",
    "turned right",
    "mirrored",
    "mirrored and turned left",
    "mirrored and turned upside down",
    "mirrored and turned right",
)
"""What is done to a picture to get each of its views, in the order in which `views` gives them."""

ONE_TONE = 0.8
"""The share of a frame in one tone above which it has no pHash: any letters on white look alike to it."""

_SAMPLES, _FREQUENCIES = 64, 16
_TONE = 8
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class FrameHash:
    """What a frame looks like, in few bits.

    pdq      32 bytes, of the upright view; in hex it is what hash lists hold
    quality  0 (flat) to 100 (detailed); below 50 PDQ tells pictures apart badly
    phash    64 bits, about half of them set; 0 for a frame that is mostly of one tone, which pHash cannot tell from another such

    >>> FrameHash.from_text(FrameHash(bytes(range(32)), 87, 2**63 + 5).to_text()).quality
    87
    >>> FrameHash(b"short", 87, 0)
    Traceback (most recent call last):
    ValueError: a PDQ hash has 32 bytes, got 5
    """

    pdq: bytes
    quality: int
    phash: int

    def __post_init__(self) -> None:
        if len(self.pdq) != PDQ_BYTES:
            raise ValueError(f"a PDQ hash has {PDQ_BYTES} bytes, got {len(self.pdq)}")
        if not 0 <= self.quality <= 100:
            raise ValueError(f"a quality is 0 to 100, got {self.quality}")
        if not 0 <= self.phash < 1 << 64:
            raise ValueError(f"a pHash is a whole number of 64 bits, got {self.phash}")

    def to_text(self) -> str:
        """The three in one string for JSON: PDQ in hex, quality, pHash in hex."""
        return f"{self.pdq.hex()}:{self.quality}:{self.phash:016x}"

    @classmethod
    def from_text(cls, text: str) -> "FrameHash":
        """Raises ValueError for anything that `to_text` does not write."""
        pdq, quality, phash = text.split(":")
        return cls(bytes.fromhex(pdq), int(quality), int(phash, 16))


def hash_frame(pixels: Bytes) -> FrameHash:
    """The hashes of a frame of RGB pixels, (height, width, 3)."""
    return hash_and_views(pixels)[0]


def views(pixels: Bytes) -> Bytes:
    """The PDQ hashes of the eight views of a frame, (8, 32), in the order of VIEWS: of any of its turns and mirror images."""
    return hash_and_views(pixels)[1]


def hash_and_views(pixels: Bytes) -> tuple[FrameHash, Bytes]:
    """Both from one look at the pixels, which is most of the cost."""
    height, width = pixels.shape[:2]
    if min(height, width) < SMALLEST:
        return FrameHash(bytes(PDQ_BYTES), 0, 0), np.zeros((len(VIEWS), PDQ_BYTES), dtype=np.uint8)
    plain, *flipped = _flips(_luma(_shrunk(pixels)))
    hashes = _above_median(np.stack([_COSINES @ samples @ _COSINES.T for samples in _turned(plain, *flipped)]))
    return FrameHash(hashes[0].tobytes(), _quality(plain), _phash(plain)), hashes


def near_views(pdq: bytes) -> Bytes:
    """Nearly what `views` gives, where only the upright hash is left of a frame: a few bits off.

    Mirrored, every other frequency changes its sign; the median is close to 0, so that is a flipped bit.
    """
    bits = np.unpackbits(np.frombuffer(pdq, dtype=np.uint8))[::-1].reshape(_FREQUENCIES, _FREQUENCIES)
    turned = _turned(bits, bits ^ _ODD, bits ^ _ODD[:, None], bits ^ _ODD ^ _ODD[:, None])
    return _packed(np.stack(turned).reshape(len(VIEWS), -1))


_ODD = np.arange(1, _FREQUENCIES + 1, dtype=np.uint8) % 2


def hamming(one: bytes, other: bytes) -> int:
    """In how many bits two hashes of equal length differ.

    >>> hamming(bytes(32), bytes(31) + b"\\x07")
    3
    """
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def _shrunk(pixels: Bytes) -> Bytes:
    """Whole blocks of pixels averaged, so that no side is longer than LARGEST."""
    height, width = pixels.shape[:2]
    if max(height, width) <= LARGEST:
        return pixels
    factors = (-(-width // LARGEST), -(-height // LARGEST))
    return np.asarray(Image.fromarray(pixels).reduce(factors))


def _luma(pixels: Bytes) -> _Floats:
    # Channel by channel: a product of matrices would wake BLAS's threads, which costs more than it saves.
    red, green, blue = (pixels[..., channel] * _LUMA[channel] for channel in range(3))
    red += green
    red += blue
    return np.asarray(red)


def _flips(luma: _Floats) -> list[_Floats]:
    """64×64 samples of the picture through the filter: as it is, mirrored, upside down, and both.

    Each is filtered for itself: windows of even width lean to one side, so that the samples of a mirrored picture are not
    the mirrored samples. Twelve of 256 bits would be off by that, twenty where both sides are flipped.
    """
    flipped = []
    for rows in (luma, luma[::-1]):
        columns = np.ascontiguousarray(_filtered(rows).T)
        flipped += [_filtered(columns).T, _filtered(columns[::-1]).T]
    return flipped


def _turned(plain: _Values, across: _Values, down: _Values, both: _Values) -> tuple[_Values, ...]:
    """The eight views, in the order of VIEWS, of what is given as it is, mirrored, upside down, and both."""
    return plain, across.T, both, down.T, across, plain.T, down, both.T


def _filtered(values: _Floats) -> _Floats:
    """64 samples along the first axis."""
    places, weights = _taps(values.shape[0])
    total = weights[0][:, None] * values[places[0]]
    for place, weight in zip(places[1:], weights[1:], strict=True):
        total += weight[:, None] * values[place]
    return np.asarray(total)


@lru_cache(maxsize=LARGEST)
def _taps(length: int) -> tuple[npt.NDArray[np.intp], _Floats]:
    """For a side of so many pixels, which of them each of the 64 samples is made of and with what weights: (taps, 64) each."""
    window = (length + 2 * _SAMPLES - 1) // (2 * _SAMPLES)
    ahead = (window + 2) // 2  # a window of even width reaches further ahead than back, as the reference does
    first = np.maximum(np.arange(length) - (window - ahead), 0)
    end = np.minimum(np.arange(length) + ahead, length)
    inside = (np.arange(length) >= first[:, None]) & (np.arange(length) < end[:, None])
    box = inside / (end - first)[:, None]
    centres = ((np.arange(_SAMPLES) + 0.5) * length / _SAMPLES).astype(np.intp)
    filtering = box[centres] @ box
    taps = int((filtering > 0).sum(axis=1).max())
    places = np.sort(np.argsort(filtering == 0, axis=1, kind="stable")[:, :taps], axis=1)
    return places.T.copy(), np.take_along_axis(filtering, places, axis=1).T.astype(np.float32)


def _quality(samples: _Floats) -> int:
    """Only steps that can be seen count, so each is cut down to whole percents before they are added up."""
    steps = (np.abs(np.diff(samples, axis=axis)) * 100 / 255 for axis in (0, 1))
    return min(100, sum(int(step.astype(np.int32).sum()) for step in steps) // 90)


def _above_median(cosines: _Floats) -> Bytes:
    flat = cosines.reshape(len(cosines), -1)
    middle = flat.shape[1] // 2 - 1
    median = np.partition(flat, middle, axis=1)[:, middle]
    return _packed(flat > median[:, None])


def _packed(bits: Bytes | npt.NDArray[np.bool_]) -> Bytes:
    """Rows of bits as bytes, the last bit first, as hash lists write them."""
    return np.packbits(bits[:, ::-1], axis=1)


def _phash(samples: _Floats) -> int:
    """64 bits of frequencies 0–7; the first, the mean brightness, says nothing and takes no part in the median."""
    tones = np.bincount((samples.ravel() / _TONE).astype(np.intp))
    if tones.max() > ONE_TONE * samples.size:
        return 0
    quarters = samples.reshape(32, 2, 32, 2).mean(axis=(1, 3))
    cosines = (_LOW_COSINES @ quarters @ _LOW_COSINES.T).ravel()
    bits = cosines > np.median(cosines[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _cosines(frequencies: range, samples: int) -> _Floats:
    """Rows of the discrete cosine transform (type 2) of so many samples."""
    places = (2 * np.arange(samples) + 1) * np.pi / (2 * samples)
    cosines = np.sqrt(2 / samples) * np.cos(np.outer(np.array(frequencies), places))
    return np.asarray(cosines, dtype=np.float32)


_COSINES = _cosines(range(1, _FREQUENCIES + 1), _SAMPLES)
_LOW_COSINES = _cosines(range(8), 32)
