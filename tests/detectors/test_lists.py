"""Live lists: an edit is used whole and soon, and a bad one is refused while the lists in use stay."""

import time
from datetime import date
from pathlib import Path

import pytest

from moderation.core.clock import Clock
from moderation.core.errors import BadSetup
from moderation.core.submission import Kind, Scene
from moderation.detectors.keywords import KeywordDetector
from moderation.detectors.lists import Lists, LiveLists, load_lists

CATEGORIES = {"gambling", "porn"}


def watched(folder: Path, seconds: float = 1.0) -> tuple[KeywordDetector, LiveLists]:
    (folder / "gambling.txt").write_text("百家乐")
    detector = KeywordDetector(load_lists(folder, CATEGORIES, None).lexicon)

    def use(lists: Lists) -> None:
        detector.lexicon = lists.lexicon

    return detector, LiveLists(folder, lambda: load_lists(folder, CATEGORIES, None), use, Clock(), seconds)


def finds(detector: KeywordDetector, text: str) -> bool:
    return bool(detector.screen(text, Kind.BIO, Scene.REGISTRATION, date(2026, 11, 22)))


def test_an_edit_is_used_once_two_looks_saw_it_alike(tmp_path: Path) -> None:
    detector, lists = watched(tmp_path)
    before = lists.status
    (tmp_path / "gambling.txt").write_text("百家乐\n时时彩")
    lists.look()
    assert not finds(detector, "时时彩") and lists.status == before
    lists.look()
    assert finds(detector, "时时彩") and finds(detector, "百家乐")
    assert (lists.status.version, lists.status.terms) == (detector.lexicon.version, 2)
    assert lists.status.version != before.version


def test_a_new_list_and_a_deleted_one_count_as_edits(tmp_path: Path) -> None:
    detector, lists = watched(tmp_path)
    (tmp_path / "porn.txt").write_text("约炮")
    (tmp_path / "gambling.txt").unlink()
    lists.look()
    lists.look()
    assert finds(detector, "约炮") and not finds(detector, "百家乐")


def test_a_bad_edit_is_refused_with_file_line_and_fix_until_it_is_mended(tmp_path: Path) -> None:
    detector, lists = watched(tmp_path)
    version = lists.status.version
    (tmp_path / "gambling.txt").write_text("时时彩\n彩 ; severity=9")
    lists.look()
    lists.look()
    [problem] = lists.status.problems
    assert problem.field == f"{tmp_path.name}/gambling.txt:2" and problem.fix
    assert lists.status.version == version and finds(detector, "百家乐") and not finds(detector, "时时彩")
    (tmp_path / "gambling.txt").write_text("时时彩")
    lists.look()
    lists.look()
    assert lists.status.problems == () and finds(detector, "时时彩")


def test_the_mistakes_of_all_files_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "gambling.txt").write_text("彩")
    (tmp_path / "names.toml").write_text('[[brand]]\nwords = ["小米"]\nalone = "no"')
    (tmp_path / "exempt.toml").write_text("[[exempt]]\naccount = 1")
    with pytest.raises(BadSetup) as refused:
        load_lists(tmp_path, CATEGORIES, None)
    files = {problem.field.partition(":")[0].rpartition("/")[2] for problem in refused.value.problems}
    assert files == {"gambling.txt", "names.toml", "exempt.toml"}


def test_an_edit_of_the_name_rules_counts_too(tmp_path: Path) -> None:
    _, lists = watched(tmp_path)
    (tmp_path / "names.toml").write_text('[[brand]]\nwords = ["小米"]\nalone = "no"')
    lists.look()
    lists.look()
    assert [problem.field for problem in lists.status.problems] == [f"{tmp_path.name}/names.toml:3"]


def test_the_watching_thread_takes_an_edit_by_itself(tmp_path: Path) -> None:
    detector, lists = watched(tmp_path, seconds=0.05)
    lists.start()
    try:
        (tmp_path / "gambling.txt").write_text("时时彩")
        until = time.monotonic() + 30
        while not finds(detector, "时时彩"):
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        lists.close()
