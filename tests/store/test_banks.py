"""Banks in the database: what is added, changed and imported is told once, whole, to whoever asks since when."""

from datetime import timedelta

import numpy as np
import pytest

from moderation.core.errors import Conflict, NotFound
from moderation.pictures.bank import EntryState
from moderation.pictures.hashing import FrameHash
from moderation.store import banks
from moderation.store.banks import ImportState, StoredBank
from moderation.store.database import Database
from tests.making import START, at_once

HOUR = timedelta(hours=1)
BANK = StoredBank("bank_1", "ads", "gambling", "li", "the desk", "\ud800\x00", START, "user:li")
GOOD = StoredBank("bank_2", "defaults", None, "li", "", "", START, "user:li")


def frame(number: int) -> FrameHash:
    return FrameHash(number.to_bytes(32, "big"), 90, number)


def added(database: Database, *numbers: int) -> list[int]:
    with database.write() as tx:
        if not banks.all_banks(tx):
            banks.add_bank(tx, BANK)
        return [banks.add_entry(tx, BANK, frame(n), f"sha256:{n}", "note", "user:li", START) for n in numbers]


def told(database: Database, since: int) -> tuple[int, list[int], list[int]]:
    """The new revision, the ids that are gone, and those that are added."""
    with database.read() as tx:
        changes = banks.changes(tx, since)
    return changes.revision, sorted(changes.gone.tolist()), sorted(changes.added.ids.tolist())


def test_banks_come_back_by_name_with_their_counts(database: Database) -> None:
    [id] = added(database, 1)
    with database.write() as tx:
        banks.add_bank(tx, GOOD)
        banks.set_state(tx, id, EntryState.LIVE, EntryState.QUARANTINED)
        assert banks.all_banks(tx) == [(BANK, {EntryState.QUARANTINED: 1}), (GOOD, {})]
        assert banks.bank(tx, "ads") == BANK
        with pytest.raises(Conflict, match="there is a bank ads already"):
            banks.add_bank(tx, BANK)
        with pytest.raises(NotFound):
            banks.bank(tx, "none")


def test_an_entry_comes_back_with_what_its_bank_says(database: Database) -> None:
    [id] = added(database, 2**63 + 5)
    with database.read() as tx:
        found = banks.entry(tx, id)
        assert banks.entries_of_picture(tx, BANK, f"sha256:{2**63 + 5}") == [found] == list(banks.entries_of(tx, BANK))
        with pytest.raises(NotFound):
            banks.entry(tx, id + 1)
    assert (found.pdq, found.quality, found.phash) == (frame(2**63 + 5).pdq, 90, 2**63 + 5)
    assert (found.bank, found.category, found.owner, found.source) == ("ads", "gambling", "li", "the desk")
    assert (found.state, found.note) == (EntryState.LIVE, "note")


def test_what_changed_is_told_to_whoever_asks_since_when(database: Database) -> None:
    assert told(database, 0) == (0, [], [])
    one, two = added(database, 1, 2)
    revision, gone, there = told(database, 0)
    assert (gone, there) == ([], [one, two]) and told(database, revision) == (revision, [], [])
    with database.write() as tx:
        assert banks.set_state(tx, one, EntryState.LIVE, EntryState.REMOVED)
        assert not banks.set_state(tx, one, EntryState.LIVE, EntryState.REMOVED)
    later, gone, there = told(database, revision)
    assert later > revision and (gone, there) == ([one], [])
    assert told(database, 0)[2] == [two]
    with database.write() as tx:
        banks.set_state(tx, one, EntryState.REMOVED, EntryState.LIVE)
    assert told(database, later)[1:] == ([one], [one])


def test_an_import_is_unseen_until_it_is_finished_and_then_there_at_once(database: Database) -> None:
    [own] = added(database, 1)
    before = told(database, 0)[0]
    with database.write() as tx:
        banks.begin_import(tx, "import_1", BANK, "list.csv", "cli", START)
        banks.add_imported(tx, "import_1", BANK, [(frame(n).pdq, 80, "") for n in range(10, 20)])
        banks.add_imported(tx, "import_1", BANK, [(frame(20).pdq, 80, "last")])
    assert told(database, before) == (before, [], [])
    with database.read() as tx:
        assert [entry.id for entry in banks.entries_of(tx, BANK)] == [own]
        assert banks.all_banks(tx)[0][1] == {EntryState.LIVE: 1}
        assert banks.hashes_of(tx, BANK) == {frame(1).pdq}
    with database.write() as tx:
        banks.finish_import(tx, "import_1")
    finished, gone, there = told(database, before)
    assert len(gone) == len(there) == 11 and len(told(database, 0)[2]) == 12
    with database.read() as tx:
        *_, last = banks.entries_of(tx, BANK)
        assert len(banks.hashes_of(tx, BANK)) == 12
    assert (last.source, last.note, last.phash, last.picture) == ("list.csv", "last", 0, None)
    with database.write() as tx:
        banks.set_state(tx, last.id, EntryState.LIVE, EntryState.QUARANTINED)
        assert [entry.id for entry in banks.quarantined(tx, 9)] == [last.id]
    assert told(database, finished)[1:] == ([last.id], [last.id])
    with database.write() as tx:
        assert banks.remove_import(tx, "import_1") == ("ads", 11)
        assert banks.quarantined(tx, 9) == []
    assert told(database, finished)[1:] == (gone, []) and told(database, 0)[2] == [own]
    with database.write() as tx, pytest.raises(Conflict):
        banks.remove_import(tx, "import_1")
    with database.write() as tx, pytest.raises(NotFound):
        banks.remove_import(tx, "import_2")


def test_what_a_killed_import_left_is_deleted_once_nobody_can_be_at_it(database: Database) -> None:
    added(database, 1)
    with database.write() as tx:
        for id, at in (("import_1", START), ("import_2", START + HOUR)):
            banks.begin_import(tx, id, BANK, "list.csv", "cli", at)
            banks.add_imported(tx, id, BANK, [(frame(7).pdq, 80, "")])
        assert banks.forget_imports(tx, START + HOUR) == 1
        banks.finish_import(tx, "import_2")
        with pytest.raises(Conflict):
            banks.finish_import(tx, "import_1")
    assert len(told(database, 0)[2]) == 2 and ImportState("live") is ImportState.LIVE


def test_of_writers_at_once_no_change_is_passed_over(database: Database) -> None:
    seen, known = set[int](), 0
    added(database)
    [first] = added(database, 1)

    def add(number: int) -> None:
        added(database, number)

    tasks = [lambda n=n: add(n) for n in range(2, 18)]
    assert at_once(tasks) == [None] * 16
    while True:
        revision, _, there = told(database, known)
        if revision == known:
            break
        seen, known = seen | set(there), revision
    assert len(seen) == 17 and first in seen and known == 17


def test_matches_are_counted_by_picture_and_account_and_not_from_before_a_release(database: Database) -> None:
    [id] = added(database, 1)
    with database.write() as tx:
        for number in range(6):
            banks.add_matches(tx, [id], f"{number % 4}", f"sha256:{number % 3}", START + number * HOUR)
        banks.add_matches(tx, [id], None, "sha256:9", START + 5 * HOUR)
        assert banks.matched_since(tx, id, START + 3 * HOUR) == (4, 3)
        assert banks.matched_between(tx, id, START, START + 3 * HOUR) == 3
        assert banks.matched_between(tx, id, START + HOUR, START + 3 * HOUR) == 2
        banks.set_state(tx, id, EntryState.LIVE, EntryState.LIVE, released=START + 5 * HOUR)
        assert banks.matched_since(tx, id, START + 3 * HOUR) == (2, 1)
        assert banks.forget_matches(tx, START + 3 * HOUR) == 3
        assert banks.matched_between(tx, id, START, START + 3 * HOUR) == 0


def test_thousands_of_hashes_come_back_as_they_were(database: Database) -> None:
    added(database)
    given = np.random.default_rng(1).integers(0, 256, (5000, 32), dtype=np.uint8)
    with database.write() as tx:
        banks.begin_import(tx, "import_1", BANK, "list.csv", "cli", START)
        banks.add_imported(tx, "import_1", BANK, [(row.tobytes(), 80, "") for row in given])
        banks.finish_import(tx, "import_1")
        found = banks.changes(tx, 0).added
    assert np.array_equal(found.pdqs[np.argsort(found.ids)], given)
    assert set(found.qualities.tolist()) == {80} and not found.phashes.any()
