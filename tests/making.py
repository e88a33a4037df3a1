"""What tests make for themselves: small word lists, a clock that stands still, services on a database of their own, fakes."""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from moderation.core.clock import Clock
from moderation.core.policy import Policy
from moderation.core.policy_file import parse_policy
from moderation.core.submission import Account, Item, Kind, Scene, Submission
from moderation.detectors.detector import BatchClassifier
from moderation.detectors.panel import Panel
from moderation.flows.rescan import RescanFlow
from moderation.flows.screen import Request, ScreenFlow
from moderation.settings import PACKAGE, Settings
from moderation.wiring import Services, build, folded

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

LISTS = {
    "gambling": "百家乐\n彩金 ; ceiling=review\n",
    "advertising_trade": "加微信\n",
    "insult_defamation": "傻瓜蛋\n影子词 ; status=shadow\n",
    "drugs_weapons": "冰毒\n",
}
"""Terms that reject, but for 彩金, which goes to a person, and 影子词, which never acts."""

BAD, HELD, GOOD = "玩百家乐", "领彩金", "今天天气真好"
"""A text that is rejected, one that goes to a person, one that passes."""


def write_lists(folder: Path, lists: dict[str, str] | None = None) -> Path:
    """The word lists as files of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for category, text in (lists or LISTS).items():
        (folder / f"{category}.txt").write_text(text, encoding="utf-8")
    return folder


def variables(folder: Path, database_url: str, **more: str) -> dict[str, str]:
    """The MODERATION_ variables of an installation below `folder`: small lists, no models, loopback allowed."""
    given = {
        "VAR": str(folder / "var"),
        "DATABASE_URL": database_url,
        "WORDLISTS": str(write_lists(folder / "lists")),
        "CLASSIFIER": "off",
        "IMAGES": "off",
        "ALLOW_PRIVATE_HOSTS": "on",
    }
    return {f"MODERATION_{name}": value for name, value in (given | more).items()}


@dataclass
class StoodClock:
    """A clock that stands until it is moved; its tokens count up."""

    at: datetime = START
    _tokens: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.at, lambda: f"{next(self._tokens):020x}abcd")

    def move(self, by: timedelta) -> None:
        self.at += by


class FakeClassifier:
    """A classifier that says what it is told to: `scores` for every text, or None for those it does not get to.

    With `stuck`, it never answers, as one that is busy with others' texts; its futures are kept.
    """

    source = "classifier@fake"

    def __init__(self, scores: dict[str, float] | None = None, *, stuck: bool = False) -> None:
        self.scores, self.stuck = scores, stuck
        self.asked: list[list[str]] = []
        self.futures: list[Future[list[dict[str, float] | None]]] = []

    def submit(
        self, texts: Sequence[str], *, kinds: Sequence[Kind] | None = None, deadline: float | None = None
    ) -> "Future[list[dict[str, float] | None]]":
        self.asked.append(list(texts))
        answer: Future[list[dict[str, float] | None]] = Future()
        self.futures.append(answer)
        if not self.stuck:
            answer.set_result([None if self.scores is None else dict(self.scores) for _ in texts])
        return answer


@contextmanager
def services(
    folder: Path,
    database_url: str,
    clock: StoodClock | None = None,
    classifier: BatchClassifier | None = None,
    **more: str,
) -> Iterator[Services]:
    """The whole object graph on that database; the job queue is away unless `REDIS_URL` names one."""
    settings = Settings.read(variables(folder, database_url, **more))
    made = build(settings, clock=clock.clock if clock else None)
    try:
        yield made if classifier is None else classified(made, classifier)
    finally:
        made.close()


def classified(made: Services, classifier: BatchClassifier | None) -> Services:
    """The same services with another classifier."""
    panel = Panel(made.panel.text, classifier, made.panel.images, excusing=made.panel.excusing, today=made.panel.today)
    screen = ScreenFlow(made.database, panel, made.policy, made.queue, made.enforce, made.intake, made.banks, folded)
    rescan = RescanFlow(made.database, panel, made.policy, made.queue, made.intake, made.clock, folded)
    return replace(made, panel=panel, screen=screen, rescan=rescan)


def shipped_policy() -> Policy:
    return parse_policy((PACKAGE / "policy.toml").read_text(encoding="utf-8"), "policy.toml")


def submission(
    *texts: str,
    kind: Kind = Kind.BIO,
    scene: Scene = Scene.PROFILE_CHANGE,
    account: str | None = "42",
) -> Submission:
    """A submission of texts, all of one kind."""
    items = tuple(Item(kind, text) for text in texts)
    return Submission(scene, items, Account(account) if account else None)


def request(of: Submission, key: str = "key-1", owner: str = "signup", digest: str | None = None) -> Request:
    return Request(owner, key, digest or f"{hash(of)}", of)


def at_once(tasks: Sequence[Callable[[], object]]) -> list[object]:
    """Runs the tasks in as many threads, started together; the results, or the exceptions, in order."""
    gate = threading.Barrier(len(tasks))
    results: list[object] = [None] * len(tasks)

    def run(at: int, task: Callable[[], object]) -> None:
        gate.wait()
        try:
            results[at] = task()
        except Exception as error:
            results[at] = error

    threads = [threading.Thread(target=run, args=entry) for entry in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
