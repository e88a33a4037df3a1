"""The mixture: what is drawn from where, what is held back, and what is left out."""

import json
from collections import Counter
from pathlib import Path

import pytest

from moderation.core.submission import Kind
from moderation.evaluation.datasets import Example, digest_of
from moderation.evaluation.mixture import CORPUS, FILES, Share, focused, mix, terms
from moderation.text.lexicon import Lexicon
from moderation.text.wordlist import read_wordlist

LEXICON = Lexicon.of([read_wordlist("包赢计划\n彩金 ; with=领\n刷单", "gambling.txt")])


def lines(path: Path, *rows: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def row(text: str) -> dict[str, object]:
    return {"text": text, "labels": []}


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    lines(tmp_path / "corpus" / "gambling.jsonl", {"text": "回血找我", "labels": ["gambling"], "kind": "bio"})
    lines(tmp_path / "corpus" / "everyday.jsonl", *(row(f"今天第{n}次喝水") for n in range(60)))
    lines(tmp_path / "corpus" / "dev" / "gambling.jsonl", {"text": "带你上岸", "labels": ["gambling"]})
    lines(tmp_path / "data" / "lccc.jsonl", {"text": "你真是坏人", "labels": ["safe"], "split": "train"})
    lines(tmp_path / "data" / "chengyu.jsonl", {"text": "一帆风顺", "labels": ["safe"], "split": "dev"})
    lines(tmp_path / "own.jsonl", {"text": "老板收U", "labels": ["fraud"], "kind": "username", "split": "train"})
    for name in ("usernames", "bios", "posts"):
        path = tmp_path / "lists" / "benign" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("小雨\n", encoding="utf-8")
    return tmp_path


def test_each_source_is_seen_as_often_as_it_should(folders: Path) -> None:
    drawn = mix(
        folders / "corpus", folders / "data", [folders / "own.jsonl"], folders / "lists", LEXICON, lambda _: False, 1
    )
    of = {source: [e for e in drawn.train if e.source == source] for source in ("gambling", "own", "lccc", "benign")}
    assert len(of["gambling"]) == CORPUS.repeats and {e.kind for e in of["gambling"]} == {Kind.BIO}
    assert {e.kind for e in of["own"]} == {Kind.USERNAME} and len(of["benign"]) == 3 and of["lccc"]


def test_what_is_measured_on_is_not_trained_on(folders: Path) -> None:
    drawn = mix(folders / "corpus", folders / "data", [], folders / "lists", LEXICON, lambda _: False, 1)
    dev = {example.text for example in drawn.dev}
    assert {"带你上岸", "一帆风顺"} <= dev and any("喝水" in text for text in dev)
    assert not dev & {example.text for example in drawn.train}
    assert next(e.kind for e in drawn.dev if e.text == "一帆风顺") is Kind.USERNAME


def test_everyday_texts_that_the_lists_refuse_are_left_out(folders: Path) -> None:
    drawn = mix(folders / "corpus", folders / "data", [], folders / "lists", LEXICON, lambda text: "坏人" in text, 1)
    assert all(example.source != "lccc" for example in (*drawn.train, *drawn.dev, *drawn.unseen))


def test_the_same_seed_draws_the_same(folders: Path) -> None:
    one, other = (
        mix(folders / "corpus", folders / "data", [], folders / "lists", LEXICON, lambda _: False, 7) for _ in range(2)
    )
    assert one == other


def test_a_text_that_counts_as_harmless_wrongly_is_corrected_without_repeating_it(folders: Path) -> None:
    (folders / "corpus" / "corrections.tsv").write_text(f"{digest_of('你真是坏人')}\tinsult_defamation\n", "ascii")
    drawn = mix(folders / "corpus", folders / "data", [], folders / "lists", LEXICON, lambda _: False, 1)
    taught = [example for example in drawn.train if example.source == "lccc"]
    assert len(taught) == CORPUS.repeats and all(e.labels == {"insult_defamation"} for e in taught)
    assert all(example.source != "lccc" for example in (*drawn.dev, *drawn.unseen))


def test_another_seed_leaves_the_same_harmless_texts_to_choose_thresholds_on(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines(folders / "data" / "lccc.jsonl", *(row(f"第{n}次问好") | {"split": "train"} for n in range(20)))
    monkeypatch.setitem(FILES, "lccc", Share(1, 0, 12))
    one, other = (
        mix(folders / "corpus", folders / "data", [], folders / "lists", LEXICON, lambda _: False, seed)
        for seed in (1, 2)
    )
    assert {e.text for e in one.unseen} == {e.text for e in other.unseen} and len(one.unseen) == 8


def test_training_further_sees_all_of_the_corpus_and_a_third_as_much_of_the_rest() -> None:
    drawn = [
        Example(f"{source}{n}", frozenset(), "train", source)
        for source, many in (("gambling", 30), ("lccc", 50), ("cold", 50))
        for n in range(many)
    ]
    assert Counter(example.source for example in focused(drawn, 1)) == {"gambling": 30, "lccc": 10, "cold": 10}


def test_only_terms_that_stand_for_themselves_are_taught() -> None:
    assert [example.text for example in terms(LEXICON)] == ["包赢计划"]
