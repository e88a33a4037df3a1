"""The plain index: strings to be found in folded text as they stand, as flat arrays in the order in which scanning looks them up."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from moderation.text.sound_index import filter_of

_U32 = np.uint64(0xFFFFFFFF)
_FIRST, _SECOND, _THIRD, _LAST = (np.uint64(number) for number in (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F))


@dataclass(frozen=True)
class PlainIndex:
    """Strings of two characters and more, in the order of their buckets and, within one, of their code points.

    A string's bucket is a hash of its first three characters, of which a string of two has 0 for the third.

    twos       a filter, as in `SoundIndex`, of the hashes of strings of two characters
    threes     and of the first three characters of longer ones
    bucket_at  where each bucket begins; one element more than there are buckets
    at         where the characters of each string begin in `codes`; one element more than there are strings
    codes      the code points
    number     of each string its place in what the index was made of
    """

    twos: NDArray[np.uint64]
    threes: NDArray[np.uint64]
    bucket_at: NDArray[np.uint32]
    at: NDArray[np.uint32]
    codes: NDArray[np.uint32]
    number: NDArray[np.uint32]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def strings(self) -> list[str]:
        """The strings by their numbers."""
        bounds = self.at.tolist()
        text = self.codes.tobytes().decode("utf-32-le")
        found = [""] * len(self.number)
        for place, number in enumerate(self.number.tolist()):
            found[number] = text[bounds[place] : bounds[place + 1]]
        return found


def build_plain(strings: Sequence[str]) -> PlainIndex:
    """The index of distinct strings of two characters and more, without lone surrogates.

    >>> build_plain(["刷单", "刷单群"]).strings()
    ['刷单', '刷单群']
    """
    order = np.array(sorted(range(len(strings)), key=strings.__getitem__), np.int64)
    lengths = np.array([len(strings[place]) for place in order.tolist()], np.int64)
    codes = np.frombuffer("".join(strings[place] for place in order.tolist()).encode("utf-32-le"), "<u4")
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    first, second = (codes[starts[:-1] + place].astype(np.uint64) for place in (0, 1))
    third = np.where(lengths > 2, np.append(codes, 0)[starts[:-1] + 2], 0).astype(np.uint64)
    hashes = (first * _FIRST & _U32 ^ second * _SECOND & _U32 ^ third * _THIRD & _U32) * _LAST & _U32
    # As many buckets as strings or more, and in the filters about ten bits for each.
    bits = max(4, len(strings).bit_length())
    buckets = hashes >> np.uint64(32 - bits)
    by_bucket = np.argsort(buckets, kind="stable")
    taken = lengths[by_bucket]
    at = np.concatenate([[0], np.cumsum(taken)]).astype(np.int64)
    gathered = np.arange(at[-1]) + np.repeat(starts[:-1][by_bucket] - at[:-1], taken)
    return PlainIndex(
        twos=filter_of(hashes[lengths == 2], max(4, bits - 5)),
        threes=filter_of(hashes[lengths > 2], max(4, bits - 3)),
        bucket_at=np.searchsorted(buckets[by_bucket], np.arange((1 << bits) + 1)).astype(np.uint32),
        at=at.astype(np.uint32),
        codes=codes[gathered].astype(np.uint32),
        number=order[by_bucket].astype(np.uint32),
    )
