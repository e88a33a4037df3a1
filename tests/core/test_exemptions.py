"""Exempt accounts: whom an exemption covers, in what, and until when."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from moderation.core.exemptions import Exemption, Exemptions

TODAY = date(2026, 11, 22)
SHOP = Exemption("42", frozenset({"brand_misuse", "false_identity"}), "contract 7", "li", TODAY)


@pytest.mark.parametrize(
    ("account", "category", "day", "covered"),
    [
        ("42", "brand_misuse", TODAY, True),
        ("42", "false_identity", TODAY - timedelta(days=400), True),
        ("42", "brand_misuse", TODAY + timedelta(days=1), False),
        ("42", "gambling", TODAY, False),
        ("43", "brand_misuse", TODAY, False),
        ("", "brand_misuse", TODAY, False),
        (None, "brand_misuse", TODAY, False),
    ],
)
def test_an_exemption_covers_one_account_in_its_categories_until_its_last_day(
    account: str | None, category: str, day: date, covered: bool
) -> None:
    assert Exemptions([SHOP]).covers(account, category, day) is covered


def test_of_two_for_the_same_the_later_end_counts() -> None:
    later = replace(SHOP, categories=frozenset({"brand_misuse"}), until=TODAY + timedelta(days=30))
    for order in ([SHOP, later], [later, SHOP]):
        exempt = Exemptions(order)
        assert exempt.covers("42", "brand_misuse", TODAY + timedelta(days=30))
        assert not exempt.covers("42", "false_identity", TODAY + timedelta(days=30))


def test_without_exemptions_nobody_is_exempt() -> None:
    assert not Exemptions().covers("42", "brand_misuse", TODAY)
    assert Exemptions().all == ()
