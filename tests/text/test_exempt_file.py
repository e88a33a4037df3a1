"""The file of exempt accounts: what it says, and every mistake with its line and its fix."""

import re
from datetime import date
from pathlib import Path

import pytest

from moderation.core.errors import BadSetup
from moderation.core.exemptions import Exemption
from moderation.text.exempt_file import load_exemptions, parse_exemptions

SHIPPED = Path(__file__).parents[2] / "wordlists" / "exempt.toml"

ENTRY = """
[[exempt]]
account = "10001"
categories = ["brand_misuse", "false_identity"]
proof = "授权书 2026-114"
granted_by = "reviewer.li"
until = 2027-12-31
"""


def problems(text: str) -> list[str]:
    with pytest.raises(BadSetup) as caught:
        parse_exemptions(text)
    return [str(problem) for problem in caught.value.problems]


def test_an_entry_is_an_exemption() -> None:
    [one] = parse_exemptions(ENTRY).all
    categories = frozenset({"brand_misuse", "false_identity"})
    assert one == Exemption("10001", categories, "授权书 2026-114", "reviewer.li", date(2027, 12, 31))


def test_what_ships_exempts_nobody_and_shows_how() -> None:
    assert load_exemptions(SHIPPED).all == ()
    shown = re.sub(
        r"(?m)^# ?(?=\[\[|(account|categories|proof|granted_by|until) =)", "", SHIPPED.read_text(encoding="utf-8")
    )
    assert len(parse_exemptions(shown).all) == 2


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"10001"', "10001", "exempt.toml:2: account is 10001; write account"),
        ('"10001"', '" "', "exempt.toml:2: account is ' '"),
        ('"10001"', f'"{"1" * 201}"', "exempt.toml:2: account is"),
        ('"授权书 2026-114"', '""', "exempt.toml:2: proof is ''"),
        ('granted_by = "reviewer.li"\n', "", "exempt.toml:2: granted_by is None"),
        (
            '["brand_misuse", "false_identity"]',
            "[]",
            "exempt.toml:2: categories is []; list some of false_identity, brand_misuse",
        ),
        ('["brand_misuse", "false_identity"]', '["porn"]', "exempt.toml:2: categories is ['porn']"),
        ("2027-12-31", '"2027-12-31"', "exempt.toml:2: until is '2027-12-31'"),
        ("2027-12-31", "2027-12-31T00:00:00Z", "exempt.toml:2: until is datetime"),
        ("granted_by", "grantedby", "exempt.toml:2: grantedby is not known here; use account, categories,"),
        ("[[exempt]]", "[[exemt]]", "exempt.toml:1: exemt is not known here; write [[exempt]] for each account"),
        ("[[exempt]]", "[exempt]", "exempt.toml:1: exempt is not an array of tables"),
        ("[[exempt]]", "[[exempt", "exempt.toml:2: is not TOML"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_its_fix(old: str, new: str, problem: str) -> None:
    assert old in ENTRY
    assert any(problem in line for line in problems(ENTRY.replace(old, new, 1)))


def test_the_same_right_twice_is_refused_and_another_one_is_not() -> None:
    [problem] = problems(ENTRY + ENTRY)
    assert problem.startswith("exempt.toml:9: '10001' is exempt from brand_misuse, false_identity already")
    other = ENTRY.replace('"brand_misuse", "false_identity"', '"advertising_trade"')
    assert len(parse_exemptions(ENTRY + other).all) == 2


def test_no_file_exempts_nobody_and_one_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "exempt.toml"
    assert load_exemptions(file).all == ()
    file.write_bytes(ENTRY.encode("gbk"))
    with pytest.raises(BadSetup, match=r"exempt\.toml: is not UTF-8"):
        load_exemptions(file)
    with pytest.raises(BadSetup, match=r"cannot be read"):
        load_exemptions(tmp_path)
