"""Banks kept: one click catches copies everywhere within a look, lists go in whole, and what over-matches is set apart."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from moderation.core.errors import BadInput, Conflict, NotFound
from moderation.flows import live_bank
from moderation.flows.banks import BankFlow, OverMatching
from moderation.flows.live_bank import LiveBank
from moderation.pictures.bank import EntryState, Weight
from moderation.pictures.decoded import DecodedPicture, Facts, Frame
from moderation.pictures.hash_list import read_hash_list
from moderation.pictures.hashing import hash_frame
from moderation.store import audit, banks
from moderation.store.database import Database
from tests.making import StoodClock, at_once, shipped_policy
from tests.pictures.scenes import COPIES, Pixels, scene, turned

LI = "user:li"
Hold = Callable[..., str]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    made.migrate()
    yield made
    made.close()


def decoded(*frames: Pixels) -> DecodedPicture:
    hashes = tuple(hash_frame(pixels) for pixels in frames)
    kept = tuple(Frame(at, pixels) for at, pixels in enumerate(frames))
    return DecodedPicture(b"", kept, Facts(400, 400, "WEBP", len(frames), len(frames), hashes))


class Pictures(dict[str, DecodedPicture]):
    """Kept pictures by reference."""

    def recall(self, reference: str) -> DecodedPicture:
        if reference not in self:
            raise NotFound("picture", reference)
        return self[reference]


@pytest.fixture
def pictures() -> Pictures:
    kept = Pictures({f"sha256:{seed}": decoded(scene(seed)) for seed in range(5)})
    flat = scene(1) * 0 + 255
    return Pictures(
        kept | {"sha256:animated": decoded(scene(1), scene(1) // 2, flat, scene(2)), "sha256:flat": decoded(flat)}
    )


@pytest.fixture
def flow(database: Database, pictures: Pictures, stood: StoodClock) -> BankFlow:
    return BankFlow(database, shipped_policy(), pictures.recall, stood.clock)


def live(database: Database, folder: Path) -> LiveBank:
    return LiveBank(database, folder / "banks", StoodClock().clock)


def told(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as tx:
        return [(each.event.stream, each.event.type, each.event.actor) for each in audit.read(tx)]


def test_one_click_catches_copies_in_every_process_at_its_next_look(
    flow: BankFlow, database: Database, tmp_path: Path
) -> None:
    one, other = live(database, tmp_path), live(database, tmp_path)
    copy = decoded(COPIES["mirrored, resized to 60%, JPEG of quality 30"](scene(1)))
    assert one.match(copy) == ()
    [entry] = flow.add("sha256:1", "gambling", LI, "case 1023")
    for each in (one, other):
        each.look()
        [match] = each.match(copy)
        assert (match.entry, match.weight) == (entry, Weight.ACTS) and each.match(decoded(scene(9))) == ()
        assert each.version == "bank@1" and each.status.entries == 1
    assert (entry.bank, entry.category, entry.picture, entry.note) == (
        "own-gambling",
        "gambling",
        "sha256:1",
        "case 1023",
    )
    assert told(database) == [("bank:own-gambling", "bank.created", LI), ("bank:own-gambling", "bank.entry_added", LI)]


def test_a_picture_added_twice_is_one_entry_and_a_removed_one_is_put_back(
    flow: BankFlow, database: Database, tmp_path: Path
) -> None:
    [entry] = flow.add("sha256:1", "gambling", LI)
    assert flow.add("sha256:1", "gambling", LI) == [entry]
    bank = live(database, tmp_path)
    assert flow.remove(entry.id, LI).state is EntryState.REMOVED
    with pytest.raises(Conflict, match="is removed and cannot be removed"):
        flow.remove(entry.id, LI)
    assert bank.match(decoded(scene(1))) == ()  # at once: an entry is read anew when it is matched
    bank.look()
    assert len(bank._bank) == 0
    assert flow.restore(entry.id, LI) == entry
    flow.remove(entry.id, LI)
    assert flow.add("sha256:1", "gambling", LI) == [entry]
    bank.look()
    assert [match.entry for match in bank.match(decoded(scene(1)))] == [entry]
    kinds = [type.removeprefix("bank.entry_") for _, type, _ in told(database)[2:]]
    assert kinds == ["removed", "restored", "removed", "restored"]


def test_clicks_at_once_make_one_bank_and_one_entry(flow: BankFlow, database: Database) -> None:
    answers = at_once([lambda: flow.add("sha256:1", "gambling", LI)] * 6)
    assert all(answer == answers[0] for answer in answers)
    assert [counts for _, counts in flow.banks()] == [{EntryState.LIVE: 1}]


def test_of_an_animation_the_frames_that_can_be_known_again_are_added_each_once(flow: BankFlow) -> None:
    entries = flow.add("sha256:animated", "gambling", LI)
    assert [entry.pdq for entry in entries] == [hash_frame(scene(1)).pdq, hash_frame(scene(2)).pdq]


def test_what_cannot_be_known_again_or_is_not_there_is_refused(flow: BankFlow) -> None:
    with pytest.raises(BadInput, match="so flat"):
        flow.add("sha256:flat", "gambling", LI)
    with pytest.raises(NotFound):
        flow.add("sha256:none", "gambling", LI)
    with pytest.raises(BadInput, match="the policy has no weather"):
        flow.add("sha256:1", "weather", LI)
    with pytest.raises(NotFound):
        flow.add_to("none", "sha256:1", LI)
    for name in ("", " a", "a\n", "a" * 101, "\ud800"):
        with pytest.raises(BadInput, match="printable"):
            flow.create(name, "gambling", LI)


def test_a_negative_bank_excuses(flow: BankFlow, database: Database, tmp_path: Path) -> None:
    flow.add("sha256:1", "gambling", LI)
    flow.create("defaults", None, LI, owner="wang")
    flow.add_to("defaults", "sha256:1", LI)
    found = live(database, tmp_path).match(decoded(scene(1)))
    assert [match.weight for match in found] == [Weight.EXCUSES, Weight.EXCUSED]
    assert [(bank.name, bank.owner) for bank, _ in flow.banks()] == [("defaults", "wang"), ("own-gambling", LI)]


def lines(*seeds: int) -> list[str]:
    return [f"{hash_frame(scene(seed)).pdq.hex()},90,scene {seed}\n" for seed in seeds]


def test_a_list_goes_in_whole_counts_from_one_moment_and_comes_out_again(
    flow: BankFlow, database: Database, tmp_path: Path
) -> None:
    bank = live(database, tmp_path)
    flow.create("shared", "gambling", LI)
    flow.add_to("shared", "sha256:1", LI)
    seen = list[tuple[int, int]]()
    done = flow.import_list(
        "shared", read_hash_list(lines(1, 2, 3), "l.csv"), "l.csv", LI, tell=lambda *n: seen.append(n)
    )
    assert (done.added, done.known, seen) == (2, 1, [(2, 2)])
    bank.look()
    [match] = bank.match(decoded(turned(1)(scene(3))))
    assert (match.entry.source, match.entry.note, match.entry.picture) == ("l.csv", "scene 3", None)
    again = read_hash_list(flow.export("shared", LI), "x.csv")
    assert {row.tobytes() for row in again.pdqs} == {hash_frame(scene(seed)).pdq for seed in (1, 2, 3)}
    assert flow.undo_import(done.id, LI) == 2
    bank.look()
    assert bank.match(decoded(scene(3))) == () and len(bank.match(decoded(scene(1)))) == 1
    assert [type for _, type, _ in told(database)][-3:] == ["bank.imported", "bank.exported", "bank.import_removed"]


def test_a_list_with_a_wrong_line_is_refused_unless_its_rest_is_asked_for(flow: BankFlow, database: Database) -> None:
    flow.create("shared", "gambling", LI)
    given = read_hash_list([*lines(1), "beef\n"], "l.csv")
    with pytest.raises(BadInput, match=r"l\.csv:2: has no PDQ hash"):
        flow.import_list("shared", given, "l.csv", LI)
    with database.read() as tx:
        assert banks.hashes_of(tx, banks.bank(tx, "shared")) == set()
    assert flow.import_list("shared", given, "l.csv", LI, partly=True).added == 1


def test_an_import_that_dies_half_way_adds_nothing_and_the_next_one_all(flow: BankFlow, stood: StoodClock) -> None:
    flow.create("shared", "gambling", LI)
    given = read_hash_list(lines(1, 2), "l.csv")

    def die(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        flow.import_list("shared", given, "l.csv", LI, tell=die)
    assert flow.banks()[0][1] == {}
    stood.move(timedelta(days=2))
    assert flow.import_list("shared", given, "l.csv", LI).added == 2
    assert flow.banks()[0][1] == {EntryState.LIVE: 2}


@pytest.fixture
def matching(flow: BankFlow, database: Database, tmp_path: Path) -> Iterator[Callable[[int], list[int]]]:
    """So many different accounts with different pictures match the one entry; which entries were set apart."""
    flow.rule = OverMatching(pictures=5, times=10.0)
    flow.add("sha256:1", "gambling", LI)
    bank = live(database, tmp_path)
    numbers = iter(range(10_000))

    def match(times: int) -> list[int]:
        found = [match.entry.id for match in bank.match(decoded(scene(1)))]
        apart = []
        for number, _ in zip(numbers, range(times), strict=False):
            apart += flow.note_matches(found, f"account {number}", f"sha256:copy{number}")
        return apart

    yield match


def test_an_entry_that_suddenly_over_matches_goes_to_people_until_somebody_releases_it(
    flow: BankFlow, database: Database, tmp_path: Path, matching: Callable[[int], list[int]]
) -> None:
    assert matching(5) == []
    [id] = matching(1)
    [waiting] = flow.quarantined()
    assert (waiting.id, waiting.state) == (id, EntryState.QUARANTINED)
    assert [match.weight for match in live(database, tmp_path).match(decoded(scene(1)))] == [Weight.REVIEW]
    assert told(database)[-1] == ("bank:own-gambling", "bank.entry_quarantined", "machine")
    assert flow.release(id, LI).state is EntryState.LIVE and flow.quarantined() == []
    with pytest.raises(Conflict, match="is live and cannot be released"):
        flow.release(id, LI)
    assert flow.quarantine(id, LI).state is EntryState.QUARANTINED
    assert flow.entry(id).state is EntryState.QUARANTINED


def test_after_a_release_the_matches_before_it_are_not_counted_again(
    flow: BankFlow, stood: StoodClock, matching: Callable[[int], list[int]]
) -> None:
    [id] = matching(6)
    stood.move(timedelta(seconds=1))
    flow.release(id, LI)
    assert matching(5) == []
    assert matching(1) == [id]


def test_an_entry_that_always_matches_much_is_left_alone(
    stood: StoodClock, matching: Callable[[int], list[int]]
) -> None:
    for _ in range(7):
        assert matching(5) == []
        stood.move(timedelta(days=1))
    assert matching(6) == []  # five a day before: ten times that would be fifty
    stood.move(timedelta(hours=2))


def test_one_account_or_one_picture_over_and_over_is_no_over_matching(flow: BankFlow, database: Database) -> None:
    flow.rule = OverMatching(pictures=3)
    [entry] = flow.add("sha256:1", "gambling", LI)
    for number in range(9):
        assert flow.note_matches([entry.id], "account 1", f"sha256:copy{number}") == []
    with database.write() as tx:
        banks.forget_matches(tx, StoodClock().at + timedelta(days=1))
    for number in range(9):
        assert flow.note_matches([entry.id], f"account {number}", "sha256:copy") == []
    assert flow.note_matches([], "account 1", "sha256:copy") == []


def test_a_large_bank_is_read_from_its_file_at_the_next_start(
    flow: BankFlow, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_bank, "WORTH_A_FILE", 2)
    monkeypatch.setattr(live_bank, "OLD", 2)
    flow.create("shared", "gambling", LI)
    flow.import_list("shared", read_hash_list(lines(1, 2, 3), "l.csv"), "l.csv", LI)
    first = live(database, tmp_path)
    [file] = (tmp_path / "banks").iterdir()
    written = file.read_bytes()
    [entry] = flow.add("sha256:4", "gambling", LI)
    again = live(database, tmp_path)
    assert file.read_bytes() == written and len(again._bank) == 4
    first.look()
    for bank in (first, again):
        assert [match.entry for match in bank.match(decoded(scene(4)))] == [entry]
        assert len(bank.match(decoded(scene(2)))) == 1
    file.write_bytes(b"spoiled")
    assert len(live(database, tmp_path).match(decoded(scene(2)))) == 1


def test_a_file_of_another_database_is_not_used(
    flow: BankFlow, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_bank, "WORTH_A_FILE", 0)
    monkeypatch.setattr(live_bank, "OLD", 0)
    flow.add("sha256:1", "gambling", LI)
    live(database, tmp_path)
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    other.migrate()
    assert len(live(other, tmp_path)._bank) == 0
    other.close()


def test_a_database_put_back_from_a_backup_is_read_anew(flow: BankFlow, database: Database, tmp_path: Path) -> None:
    [one] = flow.add("sha256:1", "gambling", LI)
    [two] = flow.add("sha256:2", "gambling", LI)
    bank = live(database, tmp_path)
    with database.write() as tx:
        tx.exec_driver_sql(f"DELETE FROM bank_entries WHERE id = {two.id}")
    bank.look()
    assert bank.status.revision == 1 and len(bank._bank) == 1
    assert [match.entry for match in bank.match(decoded(scene(1)))] == [one]


class Flaky(Database):
    """A database that is away for so many transactions."""

    away = 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        if self.away:
            self.away -= 1
            raise RuntimeError("away")
        with super().read() as tx:
            yield tx


def test_looks_go_on_by_themselves_and_outlive_a_failure(flow: BankFlow, database_url: str, tmp_path: Path) -> None:
    flaky = Flaky(database_url)
    bank = LiveBank(flaky, tmp_path, StoodClock().clock, seconds=0.02)
    flaky.away = 3
    bank.start()
    try:
        entries = flow.add("sha256:1", "gambling", LI)
        deadline = time.monotonic() + 10
        while not bank.status.revision and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [match.entry for match in bank.match(decoded(scene(1)))] == entries
    finally:
        bank.close()
        flaky.close()
