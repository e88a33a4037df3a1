"""What the rules for names are made of: words, what each earns, and the phrases that spare them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Flag, StrEnum, auto

from moderation.core.finding import Verdict
from moderation.core.submission import Kind


class Role(StrEnum):
    """What a word makes of a name; each is a group of the file."""

    BRAND = "brand"
    BUSINESS = "business"
    OFFICIAL = "official"
    STAFF = "staff"
    COMPANY = "company"
    PERSON = "person"
    AUTHORITY = "authority"
    OFFICE = "office"
    RESTRICTED = "restricted"


class Where(StrEnum):
    """Which part of a name a word must be to count by itself."""

    WHOLE = "whole"
    START = "start"
    END = "end"
    EDGE = "edge"


class Helper(Flag):
    """What a phrase does to the words beside it, without being one of them.

    PLAIN     is read as one and means nothing
    NATION    is harmless, and begins with a restricted word all the same
    BEFORE    spares what follows: 不是
    AFTER     spares what it follows: 粉丝
    OF        spares what it follows, if something comes after it: 的
    PLAYFUL   spares titles and institutions: 摸鱼
    EVERYDAY  spares restricted words alone: 钓鱼
    DRAWS     takes back what the others spare: 热线
    PLACE     the name of a place
    FILLER    adds nothing: 手机
    """

    NONE = 0
    PLAIN = auto()
    NATION = auto()
    BEFORE = auto()
    AFTER = auto()
    OF = auto()
    PLAYFUL = auto()
    EVERYDAY = auto()
    DRAWS = auto()
    PLACE = auto()
    FILLER = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """One string that a name is searched for, folded, and what it earns.

    written   as listed: the word itself, or the word that this is another spelling of
    alone     by itself, where it is the part of the name that `where` says, beside at most `rest` other characters
    placed    the same where a place or a restricted word stands before it
    kinds     where it counts by itself; together with other words, in both
    ceiling   the worst verdict together with other words
    first     counts only at the start of a name or after another listed word
    close     combines only with a word right beside it
    partners  the roles it combines with
    beside    folded words that make it harmless wherever in the name they stand
    folds     what it takes to read this spelling as the word
    lone      may count by itself; other spellings may not, but for a letter that looks like another
    """

    role: Role
    text: str
    written: str
    alone: Verdict = Verdict.PASS
    where: Where = Where.WHOLE
    rest: int = 4
    placed: Verdict = Verdict.PASS
    ceiling: Verdict = Verdict.REJECT
    kinds: frozenset[Kind] = frozenset({Kind.USERNAME, Kind.AVATAR})
    severity: int | None = None
    first: bool = False
    close: bool = False
    partners: frozenset[Role] = frozenset(Role)
    beside: tuple[str, ...] = ()
    folds: tuple[str, ...] = ()
    lone: bool = True


@dataclass(frozen=True)
class NameRules:
    """Everything in the file; never changes.

    digest   the first 6 hexadecimal digits of a SHA-256 over its text
    words    by their folded text
    helpers  by their folded text; may have a string that is a word, too
    marks    characters that only decorate
    letters  characters that are read as another, one for one
    signs    symbols that stand for a letter between letters, or for a character
    endings  characters that end the name of a place
    never    words that end so and are no places
    """

    digest: str = ""
    words: Mapping[str, Word] = field(default_factory=dict)
    helpers: Mapping[str, Helper] = field(default_factory=dict)
    marks: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)
    signs: Mapping[str, str] = field(default_factory=dict)
    endings: str = ""
    never: frozenset[str] = frozenset()
