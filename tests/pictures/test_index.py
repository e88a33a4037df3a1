"""The index answers exactly what comparing everything would, through additions, removals and files."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.pictures import index as module
from moderation.pictures.index import HashIndex, Near, load, save

Bytes = npt.NDArray[np.uint8]


def some(count: int, seed: int = 0) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def off_by(hash: Bytes, bits: int, rng: np.random.Generator) -> Bytes:
    """The hash with so many of its bits turned."""
    turned = np.unpackbits(hash)
    turned[rng.choice(256, bits, replace=False)] ^= 1
    return np.packbits(turned)


def one_by_one(hashes: Bytes, keys: list[int], views: Bytes, within: int) -> list[Near]:
    """What comparing everything gives."""
    found = []
    for key, hash in zip(keys, hashes, strict=True):
        distance, view = min((int(np.bitwise_count(hash ^ each).sum()), at) for at, each in enumerate(views))
        if distance <= within:
            found.append(Near(key, distance, view))
    return sorted(found, key=lambda near: (near.distance, near.key))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 31), st.integers(0, 31))
def test_whatever_is_within_the_bound_is_found_and_nothing_else(seed: int, within: int, planted: int) -> None:
    rng = np.random.default_rng(seed)
    views = some(3, seed)
    near = [off_by(views[int(rng.integers(3))], bits, rng) for bits in range(0, 64)]
    hashes = np.concatenate([np.stack(near), some(200, seed + 1), off_by(views[0], planted, rng)[None]])
    keys = rng.permutation(10_000)[: len(hashes)]
    index = HashIndex.of(hashes, keys)
    assert index.search(views, within) == one_by_one(hashes, keys.tolist(), views, within)


def test_thirty_one_bits_spread_as_thinly_as_can_be_are_found_and_thirty_two_are_not() -> None:
    hash = some(1)[0]
    spread = np.zeros((16, 16), dtype=np.uint8)
    spread[:, :2] = 1
    thirty_two = np.packbits(np.unpackbits(hash) ^ spread.ravel())
    spread[7, 0] = 0
    thirty_one = np.packbits(np.unpackbits(hash) ^ spread.ravel())
    index = HashIndex.of(hash[None], np.array([1]))
    assert index.search(thirty_one[None]) == [Near(1, 31, 0)]
    assert index.search(thirty_two[None]) == []


def test_the_opposite_of_a_hash_is_far_from_it() -> None:
    hash = some(1)
    assert HashIndex.of(hash, np.array([1])).search(~hash) == []


def test_equal_hashes_are_all_found() -> None:
    same = np.repeat(some(1), 300, axis=0)
    index = HashIndex.of(same, np.arange(300))
    assert [near.key for near in index.search(same[:1])] == list(range(300))


@pytest.mark.parametrize("tail", [0, 8, 8192])
def test_additions_and_removals_are_as_if_it_had_been_made_so(tail: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAIL", tail)
    rng = np.random.default_rng(4)
    views = some(1)
    index, kept = HashIndex.of(some(40), np.arange(40)), dict(enumerate(some(40)))
    for step in range(60):
        added = some(int(rng.integers(0, 5)), step + 100)
        keys = np.arange(len(added)) + 1000 * (step + 1)
        index.add(added, keys)
        kept |= dict(zip(keys.tolist(), added, strict=True))
        gone = rng.choice(list(kept), 1, replace=False)
        index.remove(gone)
        for key in gone.tolist():
            del kept[key]
        assert len(index) == len(kept)
        views = np.stack([off_by(each, 20, rng) for each in list(kept.values())[-5:]])
        assert index.search(views) == one_by_one(np.stack(list(kept.values())), list(kept), views, 31)
    again = HashIndex.from_arrays(index.arrays())
    assert again.search(views) == index.search(views) and len(again) == len(kept)


def test_an_empty_index_finds_nothing_and_can_be_added_to() -> None:
    index = HashIndex.of(np.zeros((0, 32), dtype=np.uint8), np.zeros(0, dtype=np.int64))
    assert index.search(some(8)) == [] and len(index) == 0
    index.remove(np.array([3]))
    index.add(some(1), np.array([3]))
    assert index.search(some(1)) == [Near(3, 0, 0)]


@pytest.mark.parametrize("within", [-1, 32])
def test_a_bound_that_the_bands_cannot_keep_is_refused(within: int) -> None:
    with pytest.raises(ValueError, match="0 to 31 bits"):
        HashIndex.of(some(1), np.array([1])).search(some(1), within)


def test_a_file_gives_the_same_index_and_its_stamp(tmp_path: Path) -> None:
    index = HashIndex.of(some(500), np.arange(500) * 3)
    save(tmp_path / "deep" / "bank.idx", index.arrays(), {"revision": 7})
    found = load(tmp_path / "deep" / "bank.idx")
    assert found and found[1] == {"revision": 7}
    again = HashIndex.from_arrays(found[0])
    again.add(some(2, 9), np.array([5000, 5001]))
    again.remove(np.array([3, 5001]))
    assert again.search(some(1)) == index.search(some(1)) and len(again) == 500
    assert list(tmp_path.glob("**/*.idx")) == [tmp_path / "deep" / "bank.idx"]


def test_an_empty_index_can_be_kept(tmp_path: Path) -> None:
    save(tmp_path / "x.idx", HashIndex.of(some(0), np.zeros(0, dtype=np.int64)).arrays(), {})
    found = load(tmp_path / "x.idx")
    assert found and len(HashIndex.from_arrays(found[0])) == 0


@pytest.mark.parametrize("spoiled", ["cut short", "empty", "longer at the front", "no text"])
def test_a_file_that_is_not_whole_is_not_used(tmp_path: Path, spoiled: str) -> None:
    path = tmp_path / "x.idx"
    save(path, HashIndex.of(some(50), np.arange(50)).arrays(), {})
    whole = path.read_bytes()
    written = {"cut short": whole[:-1], "empty": b"", "longer at the front": b"{}\n" + whole, "no text": b"\xff"}
    path.write_bytes(written[spoiled])
    assert load(path) is None
    assert load(tmp_path / "none.idx") is None
