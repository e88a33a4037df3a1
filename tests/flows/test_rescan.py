"""Rescans: profiles from files and from the store, each field with exactly one result, gone on with after a kill."""

import csv
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from moderation.core.case import ItemVerdict, Reason
from moderation.core.errors import BadInput, NotFound
from moderation.core.finding import Verdict
from moderation.core.submission import Scene
from moderation.flows.profiles import read_profiles
from moderation.flows.rescan import CHUNK, RescanFlow
from moderation.store import accounts, rescans, work
from moderation.store.rescans import Run
from moderation.store.tables import rescan_chunks
from moderation.wiring import Services, folded
from tests.flows.reading import account, all_cases
from tests.making import BAD, GOOD, HELD, FakeClassifier, StoodClock, at_once, classified

Profile = dict[str, Any]
PROFILES: list[Profile] = [
    {"account_id": "1", "username": "好人", "bio": GOOD},
    {"account_id": "2", "username": "百家乐", "bio": None},
    {"account_id": "3", "username": "名,有\"逗号\"", "bio": HELD},
    {"account_id": "4", "username": None, "bio": "两\n行"},
]  # fmt: skip
RESULTS = [
    ("1", "username", "pass"), ("1", "bio", "pass"), ("2", "username", "reject"), ("3", "username", "pass"),
    ("3", "bio", "review"), ("4", "bio", "pass"),
]  # fmt: skip


def csv_file(path: Path, profiles: list[Profile]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, ["account_id", "username", "bio"])
        writer.writeheader()
        writer.writerows(profiles)


def jsonl_file(path: Path, profiles: list[Profile]) -> None:
    path.write_text("".join(json.dumps(profile) + "\n" for profile in profiles), encoding="utf-8")


def parquet_file(path: Path, profiles: list[Profile]) -> None:
    parquet.write_table(pa.Table.from_pylist(profiles), path)


WRITERS: dict[str, Callable[[Path, list[Profile]], None]] = {
    "csv": csv_file, "jsonl": jsonl_file, "parquet": parquet_file,
}  # fmt: skip


def written(folder: Path, profiles: list[Profile], kind: str = "jsonl") -> Path:
    path = folder / f"profiles.{kind}"
    WRITERS[kind](path, profiles)
    return path


def many(count: int) -> list[Profile]:
    return [{"account_id": f"{n:05}", "username": BAD if n % 100 == 7 else f"用户{n}"} for n in range(count)]


def planned(made: Services, file: Path | None) -> Run:
    run, _ = made.rescan.begin(file)
    for progress in made.rescan.plan(run, file):
        run = progress.run
    return run


def chunks(made: Services) -> list[str]:
    with made.database.read() as tx:
        return list(tx.scalars(rescan_chunks.select().with_only_columns(rescan_chunks.c.id).order_by("number")))


def results(made: Services, run: Run) -> list[tuple[str, str, str]]:
    return [(row["account_id"], row["kind"], row["verdict"]) for row in made.rescan.results(run.id)]


@pytest.mark.parametrize("kind", WRITERS)
def test_every_field_of_a_file_gets_one_result_in_the_order_of_the_file(
    made: Services, tmp_path: Path, kind: str
) -> None:
    run = planned(made, written(tmp_path, PROFILES, kind))
    assert (run.planned, run.planned_at is not None) == (4, True)
    assert made.rescan.screen(chunks(made)) == 1
    assert made.rescan.screen(chunks(made)) == 0
    assert results(made, run) == RESULTS
    progress = made.rescan.progress(run.id)
    assert progress.finished and progress.done == 4
    assert made.rescan.progress(run.id).run.finished_at is not None


def test_results_carry_findings_and_no_text(made: Services, tmp_path: Path) -> None:
    run = planned(made, written(tmp_path, PROFILES))
    made.rescan.screen(chunks(made))
    found = list(made.rescan.results(run.id))
    assert found[2]["findings"][0]["category"] == "gambling" and found[0]["findings"] == []
    assert "百家乐" not in json.dumps(found, ensure_ascii=False)


def test_what_is_found_opens_a_case_that_a_person_can_decide(made: Services, tmp_path: Path) -> None:
    planned(made, written(tmp_path, PROFILES))
    made.rescan.screen(chunks(made))
    opened = {case.account_id: case for case in all_cases(made)}
    assert opened.keys() == {"2", "3"}
    assert {(case.reason, case.scene) for case in opened.values()} == {(Reason.RESCAN, Scene.RESCAN)}
    file = made.review.file(opened["3"].id)
    assert file.screening and [item.text for item in file.screening.submission.items] == ['名,有"逗号"', HELD]
    rejected = [ItemVerdict(Verdict.PASS), ItemVerdict(Verdict.REJECT, "gambling")]
    made.review.decide(opened["3"].id, "user:li", rejected, [], "", 1)
    assert made.review.account("3").points == 3


def test_a_run_goes_on_where_it_was_and_does_nothing_twice(made: Services, tmp_path: Path) -> None:
    file = written(tmp_path, many(CHUNK * 3 + 5))
    run, resumed = made.rescan.begin(file)
    assert not resumed
    assert next(made.rescan.plan(run, file)).run.planned == CHUNK  # and then the planner was killed
    again, resumed = made.rescan.begin(file)
    assert resumed and again.id == run.id and again.planned == CHUNK
    made.rescan.screen(chunks(made))
    assert planned(made, file).planned == CHUNK * 3 + 5
    assert made.rescan.screen(chunks(made)) == 3
    rows = results(made, run)
    assert [id for id, _, _ in rows] == [profile["account_id"] for profile in many(CHUNK * 3 + 5)]
    assert sum(verdict == "reject" for _, _, verdict in rows) == len(all_cases(made)) == 8
    made.rescan.progress(run.id)
    assert made.rescan.begin(file)[1] is False


def test_two_planners_at_once_plan_every_profile_once(made: Services, tmp_path: Path) -> None:
    file = written(tmp_path, many(CHUNK * 6))
    run, _ = made.rescan.begin(file)
    assert [e for e in at_once([lambda: list(made.rescan.plan(run, file))] * 3) if isinstance(e, Exception)] == []
    made.rescan.screen(chunks(made))
    assert [id for id, _, _ in results(made, run)] == [profile["account_id"] for profile in many(CHUNK * 6)]
    assert made.rescan.progress(run.id).finished


def test_another_file_or_another_policy_is_another_run(made: Services, tmp_path: Path) -> None:
    file = written(tmp_path, PROFILES)
    first, _ = made.rescan.begin(file)
    file.write_text(file.read_text(encoding="utf-8") + '{"account_id": "5", "bio": "x"}\n', encoding="utf-8")
    second, resumed = made.rescan.begin(file)
    assert not resumed and second.id != first.id
    newer = type(made.policy)("newer", made.policy.effective, made.policy.categories)
    flow = RescanFlow(made.database, made.panel, newer, made.queue, made.intake, made.clock, folded)
    third, resumed = flow.begin(file)
    assert not resumed and third.policy_version == "newer"


def test_all_accounts_of_the_store_are_screened_those_without_a_profile_left_out(
    made: Services, tmp_path: Path
) -> None:
    assert list(made.rescan.import_profiles(written(tmp_path, PROFILES))) == [4]
    with made.database.write() as tx:
        accounts.put(tx, "0", {}, made.clock.now())
        accounts.put(tx, "9", {"avatar": "sha256:" + "0" * 64}, made.clock.now())
    assert account(made, "3").fields == {"username": '名,有"逗号"', "bio": HELD}
    run = planned(made, None)
    assert made.rescan.screen(chunks(made)) == 1
    assert results(made, run) == [*RESULTS, ("9", "avatar", "review")]
    assert made.rescan.progress(run.id).done == run.planned == 5


def test_an_empty_store_is_finished_at_once(made: Services) -> None:
    run = planned(made, None)
    assert made.rescan.progress(run.id).finished and results(made, run) == []


def test_a_long_store_is_walked_chunk_by_chunk(made: Services, tmp_path: Path) -> None:
    list(made.rescan.import_profiles(written(tmp_path, many(CHUNK * 2 + 1))))
    run = planned(made, None)
    assert len(chunks(made)) == 3
    made.rescan.screen(chunks(made))
    assert len(set(results(made, run))) == CHUNK * 2 + 1


def test_importing_again_updates_what_is_there(made: Services, tmp_path: Path) -> None:
    for bio in ("旧", "新"):
        list(made.rescan.import_profiles(written(tmp_path, [{"account_id": "1", "bio": bio}])))
    assert account(made, "1").fields == {"bio": "新"}


def test_a_chunk_that_kills_its_workers_goes_to_people(made: Services, stood: StoodClock, tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    class Deadly(FakeClassifier):
        def submit(self, texts, *, kinds=None, deadline=None):  # type: ignore[no-untyped-def]
            raise Killed

    run = planned(made, written(tmp_path, PROFILES))
    deadly = classified(made, Deadly())
    for _ in range(work.MAX_ATTEMPTS):
        with pytest.raises(Killed):
            deadly.rescan.screen(chunks(made))
        stood.move(work.LEASE + timedelta(seconds=1))
    assert deadly.rescan.screen(chunks(made)) == 1
    assert {verdict for _, _, verdict in results(made, run)} == {"review"}


def test_workers_at_once_screen_a_chunk_once(made: Services, tmp_path: Path) -> None:
    planned(made, written(tmp_path, PROFILES))
    done = at_once([lambda: made.rescan.screen(chunks(made))] * 4)
    assert sorted(map(str, done)) == ["0", "0", "0", "1"]
    assert len(all_cases(made)) == 2


def test_an_unknown_run_is_not_found(made: Services) -> None:
    with pytest.raises(NotFound):
        made.rescan.progress("run_9")
    with made.database.read() as tx, pytest.raises(NotFound):
        rescans.run(tx, "run_9")


def test_a_bad_row_stops_the_planning_and_what_came_before_it_stays(made: Services, tmp_path: Path) -> None:
    rows = [*many(CHUNK), {"account_id": "bad", "username": "名" * 300}]
    file = written(tmp_path, rows)
    run, _ = made.rescan.begin(file)
    with pytest.raises(BadInput) as refused:
        list(made.rescan.plan(run, file))
    assert refused.value.problems[0].field == f"{file}:{CHUNK + 1}.username"
    assert made.rescan.progress(run.id).run.planned == CHUNK


BAD_FILES: dict[str, tuple[str, bytes, str]] = {
    "a kind nobody reads": ("p.txt", b"", "ends in .txt"),
    "no name at all": ("p", b"", "ends in nothing"),
    "no JSON": ("p.jsonl", b'{"account_id": "1", "bio": "x"}\n{\n', "is not JSON"),
    "a list": ("p.jsonl", b"[1]\n", "is not an object"),
    "nested without end": ("p.jsonl", b"[" * 100_000, "is not JSON"),
    "not UTF-8": ("p.jsonl", b'{"account_id": "\xff"}', "is not UTF-8"),
    "an unknown column": ("p.csv", b"account_id,shoe\n1,2\n", "has the column shoe"),
    "too many cells": ("p.csv", b"account_id,bio\n1,2,3\n", "has the column None"),
    "a cell without end": ("p.csv", b"account_id,bio\n1," + b"x" * 200_000, "is not CSV"),
    "no id": ("p.csv", b"account_id,bio\n,x\n", "is missing or not usable"),
    "an id that is a switch": ("p.jsonl", b'{"account_id": true, "bio": "x"}', "is missing or not usable"),
    "an id that cannot be printed": ("p.jsonl", b'{"account_id": "\\ud800", "bio": "x"}', "is missing or not usable"),
    "an id that is too long": ("p.csv", b"account_id,bio\n" + b"1" * 201 + b",x\n", "is missing or not usable"),
    "nothing to screen": ("p.csv", b"account_id,bio\n1,\n", "has nothing to screen"),
    "a text that is a number": ("p.jsonl", b'{"account_id": "1", "bio": 5}', "not a string"),
    "no Parquet": ("p.parquet", b"PAR1 but not really", "Parquet"),
}


@pytest.mark.parametrize("mistake", BAD_FILES)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, mistake: str) -> None:
    name, content, reason = BAD_FILES[mistake]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput) as refused:
        list(read_profiles(tmp_path / name))
    [problem] = refused.value.problems
    assert reason.lower() in problem.reason.lower() and problem.fix
    assert problem.field.startswith(str(tmp_path / name))


def test_a_file_that_is_not_there_is_refused(made: Services, tmp_path: Path) -> None:
    for read in (lambda: list(read_profiles(tmp_path / "no.csv")), lambda: made.rescan.begin(tmp_path / "no.csv")):
        with pytest.raises(BadInput):
            read()


def test_ids_may_be_numbers_and_texts_lone_surrogates(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('\ufeff{"account_id": 7, "bio": "\\ud800\\u0000"}\n', encoding="utf-8")
    assert list(read_profiles(tmp_path / "p.jsonl")) == [{"account_id": "7", "bio": "\ud800\x00"}]
