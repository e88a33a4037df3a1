"""The desk speaks both languages, everywhere and of everything."""

import re
from enum import StrEnum
from string import Formatter

from moderation.core.case import CaseStatus, Reason
from moderation.core.finding import Check, Verdict
from moderation.core.folded import FOLDS
from moderation.core.measures import FUNCTIONS, Action, MeasureStatus, Standing
from moderation.core.submission import Kind, Scene
from moderation.pictures.bank import EntryState
from moderation.pictures.codes import Payload
from moderation.store.access import Showing
from moderation.web.desk import TABS
from moderation.web.desk_banks import UNDOING
from moderation.web.desk_page import STATIC, TEMPLATES
from moderation.web.desk_view import PLACES
from moderation.web.words import LANGUAGES, WORDS, Words

PAGES = "\n".join(path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.glob("*.html")))
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted(STATIC.parent.glob("*.py"))
    if path.name not in ("words.py", "picture_words.py")
)
GROUPS: dict[str, type[StrEnum]] = {
    "kind": Kind,
    "scene": Scene,
    "check": Check,
    "reason": Reason,
    "status": CaseStatus,
    "measure": Action,
    "measure_status": MeasureStatus,
    "standing": Standing,
    "pictures": Showing,
    "entry_state": EntryState,
}


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_word_is_said_in_every_language_with_the_same_values() -> None:
    for key, said in WORDS.items():
        assert len(said) == len(LANGUAGES), key
        assert all(text and text.strip() == text for text in said), key
        assert len({frozenset(_fields(text)) for text in said}) == 1, key


def test_english_holds_no_chinese_and_chinese_is_not_left_in_english() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for key, (zh, en) in WORDS.items():
        if key == "nav.language":
            continue
        assert not chinese.search(en), key
        assert chinese.search(zh) or not re.search(r"[A-Za-z]{3}", re.sub(r"\{\w+\}", "", zh)), key


def test_every_word_that_a_page_asks_for_is_there() -> None:
    asked = set(re.findall(r"""\b(?:t|words)\(\s*["']([\w.]+)["']\s*[,)]""", PAGES + CODE))
    assert len(asked) > 80
    assert sorted(asked - WORDS.keys()) == []


def test_no_word_is_left_over() -> None:
    composed = {*GROUPS, "verdict", "severity", "fold", "function", "event", "age", "said", "error", "keys", "actor"}
    composed |= {"pictures", "place", "code", "entry", "entry_state", "entry_done"}
    asked = set(re.findall(r"""["']([a-z_]+(?:\.[a-z_]+)+|[a-z]+)["']""", PAGES + CODE))
    asked |= {f"queue.{tab}" for tab in TABS} | {"decide.pass", "decide.reject", "bank.with.added", "bank.with.lost"}
    assert [key for key in WORDS if key not in asked and key.split(".")[0] not in composed] == []


def test_every_code_of_the_data_has_a_word() -> None:
    codes = [f"{group}.{code.value}" for group, members in GROUPS.items() for code in members]
    codes += [f"verdict.{verdict.word}" for verdict in Verdict] + [f"severity.{level}" for level in range(1, 5)]
    codes += [f"fold.{name}" for name in FOLDS] + [f"function.{name}" for name in FUNCTIONS]
    codes += [f"event.case.{what}" for what in ("opened", "claimed", "released", "updated", "resolved", "undone")]
    codes += [f"place.{place}" for place in (*PLACES.values(), "text")] + [f"check.{name}" for name in PLACES]
    codes += [f"code.{payload.value}" for payload in Payload if payload is not Payload.OTHER]
    codes += [f"entry.{what}" for what in UNDOING] + [f"entry_done.{what}" for what in UNDOING]
    assert sorted(set(codes) - WORDS.keys()) == []


def test_an_unknown_language_is_chinese() -> None:
    assert Words("fr").language == "zh"
