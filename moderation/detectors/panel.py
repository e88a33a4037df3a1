"""The panel: runs every detector over the items of submissions; a failure or a deadline makes a check unchecked, never clean."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from moderation.core.exemptions import Exemptions
from moderation.core.finding import Check, Screening, Verdict
from moderation.core.submission import Item, Scene, Submission
from moderation.detectors.detector import BatchClassifier, Scores, TextDetector, scored
from moderation.detectors.images import ImageDetector, unlooked
from moderation.detectors.joined import across
from moderation.detectors.second_opinion import reconsidered

log = logging.getLogger(__name__)

LONG = 2_000
"""Code points from which on a text is looked at aside, so that one stuffed with hits cannot hold its caller past the deadline."""

ACROSS = (Check.KEYWORDS, Check.CONTACTS)
"""The checks that look at the joined profile once more."""

LOOKERS = 2
"""Items whose pictures are looked at at once."""

NICE = 15
"""How much the threads that look at pictures give way: texts are answered in milliseconds, pictures in tenths of a second."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Where a screening's time went, in milliseconds: text detectors, and waiting for the classifier and for pictures."""

    keywords: float
    classifier: float
    pictures: float = 0.0


class Panel:
    """All detectors.

    text        each check that looks at one text at once, and its detector
    images      None where pictures cannot be looked at, or the operator has switched that off: they are unchecked then
    exemptions  accounts that have proved a right; findings of its categories are recorded and never act
    classifier  None where the operator has switched it off
    excusing    by category, below which score of the classifier it excuses a listed term, see `second_opinion`
    today       the day in UTC, for terms that expire
    observe     told where the time of each call went
    """

    def __init__(
        self,
        text: dict[Check, TextDetector],
        classifier: BatchClassifier | None,
        images: ImageDetector | None = None,
        *,
        exemptions: Exemptions | None = None,
        excusing: Mapping[str, float] | None = None,
        today: Callable[[], date],
        observe: Callable[[Timing], None] = lambda _: None,
    ) -> None:
        self.text, self.classifier, self.images, self.today, self.observe = text, classifier, images, today, observe
        self.exemptions, self.excusing = exemptions or Exemptions(), excusing or {}
        self._aside = ThreadPoolExecutor(2, thread_name_prefix="long-texts")
        self._looking = ThreadPoolExecutor(LOOKERS, "pictures", yielding)

    def close(self) -> None:
        """Ends the threads; what they still look at is not waited for by anyone."""
        self._aside.shutdown(wait=False, cancel_futures=True)
        self._looking.shutdown(wait=False, cancel_futures=True)

    def screen(self, submissions: Sequence[Submission], deadline: float | None = None) -> list[list[Screening]]:
        """A screening for each item of each submission, in order.

        deadline  a `time.monotonic()` value; None to wait for every check
        """
        placed = [(submission.scene, item) for submission in submissions for item in submission.items]
        texts = [item.text for _, item in placed if item.text is not None]
        kinds = [item.kind for _, item in placed if item.text is not None]
        started = time.monotonic()
        looking = [self._look_at_pictures(scene, item, deadline) for scene, item in placed]
        scoring = self.classifier.submit(texts, kinds=kinds, deadline=deadline) if self.classifier and texts else None
        found = [self._look_in_time(item, scene, deadline) for scene, item in placed]
        found = self._with_joined(submissions, found)
        looked = time.monotonic()
        scores = iter(self._scores(scoring, len(texts), deadline))
        classified = time.monotonic()
        found = [
            screening if item.text is None or not self.classifier else self._classified(screening, next(scores))
            for screening, (_, item) in zip(found, placed, strict=True)
        ]
        seen = (self._seen(item, pictures, deadline) for (_, item), pictures in zip(placed, looking, strict=True))
        screenings = iter([screening.and_also(pictured) for screening, pictured in zip(found, seen, strict=True)])
        pictured = (time.monotonic() - classified) * 1000
        self.observe(Timing((looked - started) * 1000, (classified - looked) * 1000, pictured))
        return [[self._exempted(next(screenings), submission) for _ in submission.items] for submission in submissions]

    def _exempted(self, screening: Screening, submission: Submission) -> Screening:
        """The screening with what the account has a right to recorded only."""
        if submission.account is None or not self.exemptions.all or not screening.findings:
            return screening
        account, today = submission.account.id, self.today()
        findings = tuple(
            replace(found, ceiling=Verdict.PASS) if self.exemptions.covers(account, found.category, today) else found
            for found in screening.findings
        )
        return replace(screening, findings=findings)

    def _look_in_time(self, item: Item, scene: Scene, deadline: float | None) -> Screening:
        """The same as `_look`; a long text that is not done by the deadline is unchecked. A short one takes microseconds."""
        if deadline is None or item.text is None or len(item.text) <= LONG:
            return self._look(item, scene)
        looking = self._aside.submit(self._look, item, scene)
        try:
            return looking.result(max(0.0, deadline - time.monotonic()))
        except FutureTimeout:
            looking.cancel()
            return Screening(unchecked=tuple(self.text), degraded=True)

    def _look(self, item: Item, scene: Scene) -> Screening:
        """What the detectors that answer at once say of an item's text."""
        screening = Screening()
        if item.text is None:
            return screening
        for check, detector in tuple(self.text.items()):
            try:
                found = Screening(detector.screen(item.text, item.kind, scene, self.today()))
            except Exception:  # a detector's bug must not let a text pass, nor refuse it
                log.exception("the %s check failed", check)
                found = Screening(unchecked=(check,), degraded=True)
            screening = screening.and_also(found)
        return screening

    def _with_joined(self, submissions: Sequence[Submission], found: Sequence[Screening]) -> list[Screening]:
        screenings = list(found)
        detectors = [self.text[check] for check in ACROSS if check in self.text]
        first = 0
        for submission in submissions:
            if len(submission.items) > 1:
                try:
                    joined = across(detectors, submission, self.today())
                except Exception:  # as for a single text
                    log.exception("the joined profile could not be checked")
                    failed = Screening(unchecked=(Check.KEYWORDS,), degraded=True)
                    screenings[first] = screenings[first].and_also(failed)
                else:
                    for at, findings in joined.items():
                        screenings[first + at] = screenings[first + at].and_also(Screening(findings))
            first += len(submission.items)
        return screenings

    def _scores(
        self,
        scoring: "Future[list[Scores | None]] | Future[list[dict[str, float] | None]] | None",
        count: int,
        deadline: float | None,
    ) -> Sequence[Scores | None]:
        if scoring is None:
            return [None] * count
        try:
            return scoring.result(None if deadline is None else max(0.0, deadline - time.monotonic()))
        except FutureTimeout:
            scoring.cancel()
        except Exception:
            log.exception("the classifier failed")
        return [None] * count

    def _classified(self, screening: Screening, scores: Scores | None) -> Screening:
        """The screening of a text with what the classifier says of it, and what it excuses."""
        if scores is None or self.classifier is None:
            return screening.and_also(Screening(unchecked=(Check.CLASSIFIER,), degraded=True))
        source = self.classifier.source
        return reconsidered(screening, scores, self.excusing, source).and_also(Screening(scored(scores, source)))

    def _look_at_pictures(self, scene: Scene, item: Item, deadline: float | None) -> Future[Screening] | None:
        if self.images is None or not (item.images or item.problems):
            return None
        return self._looking.submit(self.images.screen, item, scene, self.today(), deadline)

    def _seen(self, item: Item, looking: Future[Screening] | None, deadline: float | None) -> Screening:
        """What was seen in an item's pictures by the deadline."""
        if looking is None:
            return unlooked(item)
        try:
            return looking.result(None if deadline is None else max(0.0, deadline - time.monotonic()))
        except FutureTimeout:
            looking.cancel()
        except Exception:
            log.exception("the pictures could not be checked")
        return unlooked(item).and_also(Screening(degraded=True))


def yielding() -> None:
    """Lets the thread that calls it give way to those that answer callers; where the system has no such thing, nothing."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
