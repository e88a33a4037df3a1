"""The contacts detector: numbers, names and addresses that lead a reader elsewhere, and how far each may go.

What a contact may earn at most, by where it stands:

| contact                                | username | bio    | post                                       |
|----------------------------------------|----------|--------|--------------------------------------------|
| disguised                              | reject   | reject | reject                                     |
| a link to a messenger, as t.me         | reject   | reject | reject                                     |
| telephone, WeChat, QQ, Telegram, plain | reject   | reject | review                                     |
| a short link                           | reject   | review | review                                     |
| e-mail, URL, domain, plain             | reject   | review | review where words bid one to go there,    |
|                                        |          |        | else no finding                            |

Disguised is what takes more to read than width, case and traditional, and what a code word leads to. Text in a picture
counts as a bio. Public help lines, the hosts of public bodies, and a lead with nothing after it are no contacts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain

from moderation.core.finding import Finding, Verdict
from moderation.core.folded import FOLDS
from moderation.core.submission import Kind, Scene, Span
from moderation.detectors.contact_forms import ContactKind, Form, phones
from moderation.detectors.contact_hosts import MESSENGERS, SHORTENERS, hosts, mails
from moderation.detectors.contact_leads import bidden, followed, led, preceded
from moderation.detectors.contact_reading import Reading, may_hold, read

VERSION = 1
"""Of the forms and leads; a change in what is found is a new one."""

CATEGORY = "advertising_trade"

_PLAIN = frozenset({"width", "case", "traditional"})
_ADDRESSES = frozenset({ContactKind.EMAIL, ContactKind.URL, ContactKind.DOMAIN})


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact in a text.

    value      normalised: 13800138000, wxid_abc, user@host.tld, host.tld
    span       of lead and contact, in the text as submitted
    folds      without which it would not have been found, in order of application
    lead       whether a word beside it leads to it; beside an address, one that bids to go there
    disguised  whether it takes more to read it than width, case and traditional, or a code word leads to it
    """

    kind: ContactKind
    value: str
    span: Span
    folds: tuple[str, ...] = ()
    lead: bool = False
    disguised: bool = False


def find_contacts(text: str) -> tuple[Contact, ...]:
    """The contacts in any text, in order of place; they do not overlap. Takes time in proportion to the text.

    >>> [(c.kind.value, c.value, c.folds) for c in find_contacts("加V❤：demo_a1 或 ①３八 0013 8000")]
    [('wechat', 'demo_a1', ('case', 'emoji', 'initials')), ('phone', '13800138000', ('width', 'enclosed', 'numeral'))]
    >>> find_contacts("我的微信步数12345")
    ()
    """
    if not may_hold(text):
        return ()
    reading = read(text)
    return tuple(sorted(_found(reading), key=lambda contact: contact.span.start))


class ContactDetector:
    """Finds contacts. Opens nothing and takes no decision; safe to use from several threads.

    source  "contacts@" and the version of the forms

    >>> [finding] = ContactDetector().screen("微信：demo_a1", Kind.POST, Scene.POST, date(2026, 1, 1))
    >>> finding.category, finding.span, finding.ceiling.word
    ('advertising_trade', Span(start=0, end=10), 'review')
    """

    source = f"contacts@{VERSION}"

    def screen(self, text: str, kind: Kind, scene: Scene, now: date) -> tuple[Finding, ...]:
        """A finding for each contact that counts in a text of this kind; `scene` and `now` make no difference.

        The score is 1.0, as a listed term's: the form is there or it is not.
        """
        found = []
        for contact in find_contacts(text):
            ceiling = ceiling_of(contact, kind)
            if ceiling is not None:
                severity = None if contact.kind in _ADDRESSES else 2
                found.append(Finding(CATEGORY, 1.0, self.source, contact.span, contact.folds, severity, ceiling))
        return tuple(found)


def ceiling_of(contact: Contact, kind: Kind) -> Verdict | None:
    """The worst verdict that a contact may earn in a text of this kind; None for one that counts for nothing there.

    >>> mail = Contact(ContactKind.EMAIL, "a@b.cn", Span(0, 6))
    >>> [ceiling_of(mail, kind) for kind in (Kind.USERNAME, Kind.BIO, Kind.POST)]
    [<Verdict.REJECT: 2>, <Verdict.REVIEW: 1>, None]
    """
    host = contact.value.partition("/")[0]
    if contact.disguised or kind is Kind.USERNAME or host in MESSENGERS:
        return Verdict.REJECT
    if contact.kind not in _ADDRESSES:
        return Verdict.REVIEW if kind is Kind.POST else Verdict.REJECT
    if kind is not Kind.POST or contact.lead or host in SHORTENERS:
        return Verdict.REVIEW
    return None


def _found(reading: Reading) -> Iterator[Contact]:
    """Whoever comes first keeps its place: a mailbox is no host, and what a lead names is no bare number."""
    taken = bytearray(len(reading.plain))

    def free(start: int, end: int) -> bool:
        return 1 not in taken[start:end]

    def contact(form: Form, start: int | None, end: int | None, lead: bool, code: bool = False) -> Contact:
        # A lead between two contacts goes to the first that takes it.
        first = form.start if start is None or not free(start, form.start) else start
        last = form.end if end is None or not free(form.end, end) else end
        taken[first:last] = b"\1" * (last - first)
        folds = tuple(name for name in FOLDS if name in form.folds)
        disguised = code or not form.folds <= _PLAIN
        return Contact(form.kind, form.value, reading.span(first, last), folds, lead, disguised)

    for form in chain(mails(reading), hosts(reading)):
        lead = bidden(reading, form.start, form.end)
        if (form.sure or lead) and free(form.start, form.end):
            yield contact(form, None, None, lead)
    numbers = {form.start: form for form in phones(reading) if free(form.start, form.end)}
    for found in led(reading, numbers, free):
        yield contact(found.form, found.start, None, True, found.code)
    for form in numbers.values():
        before, after = preceded(reading, form.start), followed(reading, form.end)
        lead = before is not None or after is not None
        if (form.sure or lead) and free(form.start, form.end):
            yield contact(form, before, after, lead)
