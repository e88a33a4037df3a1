"""The bank: copies are known, what is sure acts, what is unsure goes to a person, what is excused is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from moderation.pictures.bank import Bank, BankEntry, BankMatch, EntryState, Hashes, Look, Weight, looks
from moderation.pictures.decoded import DecodedPicture, Facts, Frame
from moderation.pictures.hashing import FrameHash, hash_and_views, hash_frame
from tests.pictures.scenes import COPIES, Pixels, cropped, lettering, scene, turned


def entry(
    id: int, frame: FrameHash, category: str | None = "gambling", state: EntryState = EntryState.LIVE
) -> BankEntry:
    bank = "bad" if category else "good"
    return BankEntry(id, bank, category, frame.pdq, frame.quality, frame.phash, "", "li", "", state, f"sha256:{id}")


class Known(dict[int, BankEntry]):
    """Entries by id, and the bank over them."""

    def __init__(self, *entries: BankEntry) -> None:
        super().__init__({each.id: each for each in entries})
        self.asked = 0
        self.bank = Bank(rows(*entries), self.describe)

    def describe(self, ids: Sequence[int]) -> Mapping[int, BankEntry]:
        self.asked += 1
        return {id: self[id] for id in ids if id in self}

    def match(self, pixels: Pixels) -> tuple[BankMatch, ...]:
        return self.bank.match([hash_and_views(pixels)])


def rows(*entries: BankEntry) -> Hashes:
    return Hashes.of([(each.id, each.pdq, each.quality, each.phash) for each in entries])


def test_a_copy_is_known_by_its_entry_distance_and_view() -> None:
    known = Known(*(entry(seed, hash_frame(scene(seed))) for seed in range(30)))
    [match] = known.match(turned(1, mirrored=True)(scene(7)))
    assert (match.entry.id, match.by, match.weight) == (7, "pdq", Weight.ACTS)
    assert match.distance <= 2 and match.view == "mirrored and turned left"


@pytest.mark.parametrize("copy", COPIES)
def test_every_copy_of_a_scene_acts_and_nothing_else_matches(copy: str) -> None:
    known = Known(*(entry(seed, hash_frame(scene(seed))) for seed in range(10)))
    for seed in range(10):
        assert [(m.entry.id, m.weight) for m in known.match(COPIES[copy](scene(seed)))] == [(seed, Weight.ACTS)]


def test_strangers_cost_no_look_into_the_database() -> None:
    known = Known(*(entry(seed, hash_frame(scene(seed))) for seed in range(30)))
    assert [known.match(scene(seed)) for seed in range(100, 130)] == [()] * 30
    assert known.asked == 0


def test_what_only_phash_finds_goes_to_a_person() -> None:
    known = Known(*(entry(seed, hash_frame(scene(seed))) for seed in range(30)))
    found = [match for seed in range(30) for match in known.match(cropped(0.02)(scene(seed)))]
    assert len(found) >= 25 and {match.by for match in found} == {"pdq", "phash"}
    assert all((match.weight is Weight.REVIEW) == (match.by == "phash") for match in found)
    assert all(match.view == "upright" for match in found)


def test_letters_on_white_do_not_pass_for_one_another() -> None:
    known = Known(*(entry(seed, hash_frame(lettering(seed))) for seed in range(60)))
    assert [known.match(lettering(seed)) for seed in range(100, 160)] == [()] * 60


def test_a_flat_picture_is_neither_kept_nor_asked_for_by_pdq() -> None:
    flat = replace(hash_frame(scene(1)), quality=49)
    assert len(Known(entry(1, flat)).bank) == 0
    known = Known(entry(1, replace(flat, quality=50)))
    assert [match.by for match in known.bank.match([(flat, None)])] == ["phash"]
    assert [match.by for match in known.bank.match([(replace(flat, quality=50), None)])] == ["pdq"]


def test_a_hash_from_a_list_has_no_phash_and_is_matched_by_pdq_alone() -> None:
    known = Known(entry(1, replace(hash_frame(scene(1)), phash=0)))
    assert [match.by for match in known.match(scene(1))] == ["pdq"]
    assert known.match(cropped(0.05)(scene(1))) == ()


def test_a_quarantined_entry_goes_to_a_person_and_says_so() -> None:
    [match] = Known(entry(1, hash_frame(scene(1)), state=EntryState.QUARANTINED)).match(scene(1))
    assert match.weight is Weight.REVIEW and match.quarantined


def test_a_negative_bank_excuses_what_else_matches_the_same_frame() -> None:
    good, bad = entry(1, hash_frame(scene(1)), category=None), entry(2, hash_frame(scene(1)))
    assert {m.entry.id: m.weight for m in Known(good, bad).match(scene(1))} == {1: Weight.EXCUSES, 2: Weight.EXCUSED}


def test_one_excused_frame_does_not_excuse_the_others_of_an_animation() -> None:
    known = Known(entry(1, hash_frame(scene(1)), category=None), entry(2, hash_frame(scene(2))))
    found = known.bank.match([hash_and_views(scene(1)), hash_and_views(scene(2))])
    assert [(m.entry.id, m.weight) for m in found] == [(2, Weight.ACTS), (1, Weight.EXCUSES)]


@pytest.mark.parametrize("state", [EntryState.QUARANTINED, EntryState.REMOVED])
def test_a_negative_entry_in_doubt_excuses_nothing(state: EntryState) -> None:
    known = Known(entry(1, hash_frame(scene(1)), None, state), entry(2, hash_frame(scene(1))))
    assert {m.entry.id: m.weight for m in known.match(scene(1))}[2] is Weight.ACTS


def test_what_was_removed_since_is_not_told() -> None:
    known = Known(entry(1, hash_frame(scene(1))), entry(2, hash_frame(scene(2))))
    known[1] = replace(known[1], state=EntryState.REMOVED)
    del known[2]
    assert known.match(scene(1)) == known.match(scene(2)) == ()


def test_changes_are_taken_up() -> None:
    known = Known(entry(1, hash_frame(scene(1))))
    known[2] = entry(2, hash_frame(scene(2)))
    known.bank.change(np.array([1]), rows(known[2]))
    assert [m.entry.id for m in known.match(scene(2))] == [2] and known.match(scene(1)) == ()
    known.bank.change(np.array([2]), rows(known[2]))
    assert [m.entry.id for m in known.match(scene(2))] == [2] and len(known.bank) == 1


def test_a_bank_comes_back_from_its_arrays() -> None:
    known = Known(*(entry(seed, hash_frame(scene(seed))) for seed in range(20)))
    again = Bank.from_arrays(known.bank.arrays(), known.describe)
    for pixels in (scene(3), cropped(0.04)(scene(4)), scene(40)):
        assert again.match([hash_and_views(pixels)]) == known.match(pixels)


def test_of_many_copies_the_nearest_are_told_and_the_excusing_one_is_among_them() -> None:
    frame = hash_frame(scene(1))
    known = Known(
        *(entry(id, frame) for id in range(1, 100)), entry(100, hash_frame(COPIES["resized to 50%"](scene(1))), None)
    )
    found = known.match(scene(1))
    assert len(found) == 20 and found[0].weight is Weight.EXCUSES


def facts(*hashes: FrameHash) -> Facts:
    return Facts(400, 400, "GIF", len(hashes), len(hashes), hashes)


def test_frames_whose_pixels_are_gone_are_matched_by_their_hashes() -> None:
    kept, gone = hash_frame(scene(1)), hash_frame(turned(2)(scene(2)))
    picture = DecodedPicture(b"", (Frame(0, scene(1)),), facts(kept, gone))
    seen: list[Look] = looks(picture)
    assert [(frame, views is None) for frame, views in seen] == [(kept, False), (gone, True)]
    known = Known(entry(2, hash_frame(scene(2))))
    [match] = known.bank.match(seen)
    assert (match.entry.id, match.by, match.view) == (2, "pdq", "turned upside down")


def test_tiles_of_a_long_picture_are_not_taken_for_the_picture() -> None:
    picture = DecodedPicture(b"", (Frame(0, scene(1), (0.0, 0.0, 1.0, 0.5)),), facts(hash_frame(scene(2))))
    assert [frame for frame, _ in looks(picture)] == [hash_frame(scene(2))]


def test_transparent_pictures_are_looked_at_on_grey() -> None:
    alpha = np.full((400, 400, 1), 255, dtype=np.uint8)
    alpha[:200] = 0
    clear = np.concatenate([scene(1), alpha], axis=2)
    grey = scene(1).copy()
    grey[:200] = 128
    [(frame, _)] = looks(DecodedPicture(b"", (Frame(0, clear),), facts()))
    assert frame == hash_frame(grey)
