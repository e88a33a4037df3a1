"""The page holds its pictures and every mistake, in two languages, and runs nothing that a text says."""

import json
import re
from dataclasses import replace

import pytest

from moderation.evaluation.plots import pictures
from moderation.evaluation.report import Report, as_values
from moderation.evaluation.report_page import page
from tests.evaluation.judged import EXAMPLES, POLICY, Scripted, example, measured

TITLES = {code: category.titles for code, category in POLICY.categories.items()}


def shown(report: Report) -> str:
    return page(report, pictures(report), TITLES).decode()


@pytest.fixture(scope="module")
def html() -> str:
    return shown(measured(other=Scripted()))


def test_a_mistake_is_on_the_page_with_its_name_its_label_and_what_was_found(html: str) -> None:
    assert "漏放：赌博" in html and "下一注" in html
    assert re.search(r"百家乐是什么意思</bdi>.*?<mark><bdi>百家乐</bdi></mark>", html, re.DOTALL)
    assert "没有差别" in html and "No difference" in html


def test_the_page_needs_nothing_from_elsewhere(html: str) -> None:
    assert html.count("data:image/svg+xml;base64,") == 7
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", html) and "<script" not in html


def test_pictures_are_the_same_for_the_same_figures() -> None:
    report = measured()
    assert pictures(report) == pictures(report)


def test_texts_cannot_write_on_the_page() -> None:
    evil = example("<script>alert(1)</script>赌\ud800一把", "gambling")
    report = measured([*EXAMPLES, evil])
    assert "<script" not in shown(report) and "&lt;script&gt;" in shown(report)
    json.dumps(as_values(report), ensure_ascii=True, allow_nan=False).encode("ascii")


def test_there_is_a_page_without_any_violating_text() -> None:
    report = measured(EXAMPLES[4:])
    assert "—" in shown(replace(report, mistakes=()))
