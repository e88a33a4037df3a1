"""What the benchmarks measured, as plain values that the report writes down."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.beside_bert import Beside
from tests.bench.keyword_engine import KeywordEngine

if TYPE_CHECKING:  # it takes percentiles from here
    from tests.bench.picture_report import Pictures


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed; share in (0, 1].

    >>> percentile([5.0, 1.0, 4.0, 2.0, 3.0], 0.5), percentile(list(map(float, range(1, 201))), 0.99)
    (3.0, 198.0)
    """
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]


@dataclass(frozen=True, slots=True)
class Steady:
    """One round at one rate: milliseconds, counts, and shares in [0, 1]."""

    requests: int
    p50: float
    p99: float
    worst: float
    errors: int
    degraded: float
    detectors: float
    database: float
    unexplained: float
    outside: float
    late: float
    generator: float


@dataclass(frozen=True, slots=True)
class Registrations:
    """All rounds of one configuration.

    steady  rounds by rate
    limits  by round, the rate in registrations a second at which p99 passes the bound; `sure` whether it did at all
    """

    steady: dict[int, list[Steady]]
    limits: list[float]
    sure: bool

    def middle(self, rate: int, name: str) -> float:
        """The median over the rounds at a rate."""
        return median(self._all(rate, name))

    def spread(self, rate: int, name: str) -> tuple[float, float]:
        found = self._all(rate, name)
        return min(found), max(found)

    def _all(self, rate: int, name: str) -> list[float]:
        return [getattr(each, name) for each in self.steady[rate]]


@dataclass(frozen=True, slots=True)
class Keywords:
    """CPU microseconds a text, fold and match, and how long the texts were in characters on average."""

    terms: int
    clean_us: float
    clean_characters: float
    hits_us: float
    hits_characters: float


@dataclass(frozen=True, slots=True)
class Classifier:
    """Milliseconds for one text alone, by its number of tokens, and texts a second when many come at once."""

    alone_ms: dict[int, float]
    at_once: float
    at_once_tokens: float


@dataclass(frozen=True, slots=True)
class Rescan:
    """Profiles a second through the panel in batches."""

    batch: int
    with_classifier: float
    without: float


@dataclass(frozen=True, slots=True)
class Figures:
    with_classifier: Registrations
    keyword_only: Registrations
    keywords: Keywords
    classifier: Classifier
    rescan: Rescan
    beside: Beside
    keyword_engine: KeywordEngine
    pictures: "Pictures"
