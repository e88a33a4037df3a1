"""Exempt accounts: who has proved a right to a name that others may not use; reading their list is in `moderation.text`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

EXEMPTABLE = ("false_identity", "brand_misuse", "ip_infringement", "advertising_trade")
"""The categories that a proof can lift: an authority's own name, a licensed shop, a right, a business account."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """One account's right.

    proof       reference of the document that shows it, never the document
    granted_by  the reviewer who saw it
    until       the last day on which it holds, UTC
    """

    account: str
    categories: frozenset[str]
    proof: str
    granted_by: str
    until: date


class Exemptions:
    """All exemptions; never changes. Safe to use from several threads.

    >>> right = Exemption("42", frozenset({"brand_misuse"}), "contract 7", "li", date(2027, 1, 31))
    >>> exempt = Exemptions([right])
    >>> exempt.covers("42", "brand_misuse", date(2027, 1, 31)), exempt.covers("42", "brand_misuse", date(2027, 2, 1))
    (True, False)
    >>> exempt.covers("42", "false_identity", date(2027, 1, 31)), exempt.covers(None, "brand_misuse", date(2027, 1, 31))
    (False, False)
    """

    def __init__(self, exemptions: Iterable[Exemption] = ()) -> None:
        self.all = tuple(exemptions)
        self._until: dict[tuple[str, str], date] = {}
        for one in self.all:
            for category in one.categories:
                key = one.account, category
                self._until[key] = max(one.until, self._until.get(key, one.until))

    def covers(self, account_id: str | None, category: str, today: date) -> bool:
        """Whether findings of this category do not count against this account today, in UTC; None is no account yet."""
        if account_id is None:
            return False
        until = self._until.get((account_id, category))
        return until is not None and today <= until
