"""Prometheus metrics: what was screened and how long it took, and what waits."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from moderation.core.case import CaseStatus
from moderation.detectors.panel import Timing
from moderation.outbound.queue import RESCAN, SCREEN
from moderation.store import cases, outbox, work
from moderation.store.cases import Queue
from moderation.store.submissions import StoredScreening
from moderation.store.tables import rescan_chunks, screenings
from moderation.wiring import Services

BUCKETS = (0.002, 0.005, 0.01, 0.015, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.6, 1.5, 5.0)


class Metrics:
    """One process's metrics, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._screenings = Counter(
            "moderation_screenings", "Synchronous screenings answered", ["scene", "verdict"], registry=self.registry
        )
        self._degraded = Counter(
            "moderation_screenings_degraded", "Answers that a deadline or failure cut short", registry=self.registry
        )
        self._seconds = Histogram(
            "moderation_screening_seconds", "From arrival to answer", registry=self.registry, buckets=BUCKETS
        )
        self._detector = Histogram(
            "moderation_detector_seconds",
            "Time in detectors, a call",
            ["check"],
            registry=self.registry,
            buckets=BUCKETS,
        )
        self._waiting = Gauge("moderation_waiting", "What waits, by kind", ["what"], registry=self.registry)

    def detected(self, timing: Timing) -> None:
        self._detector.labels("keywords").observe(timing.keywords / 1000)
        self._detector.labels("classifier").observe(timing.classifier / 1000)

    def screened(self, screening: StoredScreening, milliseconds: float) -> None:
        if screening.outcome is not None:
            self._screenings.labels(screening.submission.scene.value, screening.outcome.verdict.word).inc()
        if screening.degraded:
            self._degraded.inc()
        self._seconds.observe(milliseconds / 1000)

    def exposed(self, services: Services) -> bytes:
        """The metrics in Prometheus's text format; what waits is counted now."""
        with services.database.read() as tx:
            for status in (CaseStatus.OPEN, CaseStatus.CLAIMED):
                self._waiting.labels(f"cases_{status.value}").set(cases.count(tx, Queue(status)))
            for name, count in outbox.counts(tx).items():
                self._waiting.labels(f"messages_{name}").set(count)
            self._waiting.labels("screenings").set(work.unfinished(tx, screenings))
            self._waiting.labels("rescan_chunks").set(work.unfinished(tx, rescan_chunks))
        for queue in (SCREEN, RESCAN):
            length = services.queue.length(queue)
            self._waiting.labels(f"jobs_{queue}").set(float("nan") if length is None else length)
        return generate_latest(self.registry)
