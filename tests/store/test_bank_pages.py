"""Entries of banks as people look at them: newest first, with who added them, what they matched lately, and by their picture."""

from datetime import timedelta

from moderation.pictures.bank import EntryState
from moderation.store import bank_pages, banks
from moderation.store.bank_pages import Listed
from moderation.store.database import Database
from tests.making import START
from tests.store.test_banks import BANK, GOOD, added, frame

DAY = timedelta(days=1)


def paged(database: Database, state: EntryState | None = None, limit: int = 10, offset: int = 0) -> list[Listed]:
    with database.read() as tx:
        return bank_pages.page(tx, BANK, state, START - DAY, limit, offset)


def test_a_page_has_the_newest_first_and_only_the_state_that_is_asked_for(database: Database) -> None:
    ids = added(database, 1, 2, 3, 4)
    with database.write() as tx:
        banks.add_bank(tx, GOOD)
        banks.add_entry(tx, GOOD, frame(9), None, "", "user:li", START)
        banks.set_state(tx, ids[1], EntryState.LIVE, EntryState.REMOVED)
    assert [each.entry.id for each in paged(database)] == ids[::-1]
    assert [each.entry.id for each in paged(database, limit=2, offset=1)] == [ids[2], ids[1]]
    assert [each.entry.id for each in paged(database, EntryState.REMOVED)] == [ids[1]]
    assert paged(database, EntryState.QUARANTINED) == []


def test_an_entry_of_a_list_names_who_imported_it_once_the_import_is_whole(database: Database) -> None:
    added(database, 1)
    with database.write() as tx:
        banks.begin_import(tx, "import_1", BANK, "shared.csv", "user:wang", START - DAY)
        banks.add_imported(tx, "import_1", BANK, [(frame(7).pdq, 90, "line 1")])
    assert len(paged(database)) == 1
    with database.write() as tx:
        banks.finish_import(tx, "import_1")
    first, second = paged(database)
    assert (first.by, first.at, first.entry.source) == ("user:wang", START - DAY, "shared.csv")
    assert (second.by, second.at, second.entry.source) == ("user:li", START, "the desk")


def test_matches_are_counted_by_different_pictures_and_accounts_since_a_moment(database: Database) -> None:
    one, other = added(database, 1, 2)
    with database.write() as tx:
        for account, picture, at in (
            ("a", "p1", START),
            ("a", "p1", START),
            ("b", "p2", START - DAY),
            (None, "p3", START),
            ("c", "p4", START - DAY - timedelta(seconds=1)),
        ):
            banks.add_matches(tx, [one], account, picture, at)
    assert [(each.entry.id, each.pictures, each.accounts) for each in paged(database)] == [(other, 0, 0), (one, 3, 2)]


def test_the_entries_that_were_made_of_a_picture_are_found_in_every_bank(database: Database) -> None:
    one, other = added(database, 1, 2)
    with database.write() as tx:
        banks.add_bank(tx, GOOD)
        third = banks.add_entry(tx, GOOD, frame(9), "sha256:1", "", "user:li", START)
        banks.set_state(tx, one, EntryState.LIVE, EntryState.REMOVED)
        found = bank_pages.holding(tx, ["sha256:1", "sha256:2", "sha256:none"])
        assert bank_pages.holding(tx, []) == {}
    assert {picture: [entry.id for entry in its] for picture, its in found.items()} == {
        "sha256:1": [one, third],
        "sha256:2": [other],
        "sha256:none": [],
    }
