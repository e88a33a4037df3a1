"""From settings to the whole object graph, and the first run of a new installation."""

import base64
import json
import logging
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

from moderation.core.clock import Clock, utc_now
from moderation.core.errors import BadSetup, Problem
from moderation.core.finding import Check
from moderation.core.policy import Policy
from moderation.core.policy_file import parse_policy
from moderation.core.submission import Item as TextItem
from moderation.core.submission import Kind, Scene, Submission
from moderation.detectors.classifier import load_classifier
from moderation.detectors.contacts import ContactDetector
from moderation.detectors.detector import TextDetector
from moderation.detectors.images import ImageDetector, Known, Sight
from moderation.detectors.keywords import KeywordDetector
from moderation.detectors.lists import Lists, LiveLists, load_lists
from moderation.detectors.names import NameDetector
from moderation.detectors.panel import Panel, Timing
from moderation.detectors.pictured_text import PicturedText
from moderation.flows import demo
from moderation.flows.banks import BankFlow
from moderation.flows.deliver import DeliverFlow
from moderation.flows.enforce import EnforceFlow
from moderation.flows.intake import PictureIntake
from moderation.flows.live_bank import LiveBank
from moderation.flows.rescan import RescanFlow
from moderation.flows.review import ReviewFlow
from moderation.flows.screen import ScreenFlow
from moderation.flows.sweep import SweepFlow
from moderation.outbound.queue import JobQueue
from moderation.outbound.webhooks import WebhookSender
from moderation.pictures.limits import Limits
from moderation.settings import Settings
from moderation.store import access
from moderation.store.access import Role
from moderation.store.database import Database
from moderation.store.pictures import PictureStore
from moderation.text import segmentation
from moderation.text.folding import fold
from moderation.text.scanning import BITS, EVERY

log = logging.getLogger(__name__)

COMPILED, COMPILED_BANK = "lexicons", "banks"
"""Where in the state's folder compiled word lists and the compiled picture bank are kept."""


@dataclass(frozen=True)
class Services:
    """Everything that the API, the review desk, workers and commands share; close it when done."""

    settings: Settings
    clock: Clock
    policy: Policy
    database: Database
    queue: JobQueue
    pictures: PictureStore
    intake: PictureIntake
    banks: BankFlow
    panel: Panel
    lists: LiveLists
    screen: ScreenFlow
    review: ReviewFlow
    enforce: EnforceFlow
    deliver: DeliverFlow
    rescan: RescanFlow
    sweep: SweepFlow
    closing: ExitStack

    def close(self) -> None:
        self.closing.close()


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What a new installation was given: a key with all scopes and an administrator; all None for one that has users already."""

    api_key: str | None = None
    username: str | None = None
    password: str | None = None


def read_policy(path: Path) -> Policy:
    """Raises BadSetup naming file, line and fix."""
    try:
        return parse_policy(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        problem = Problem(str(path), f"cannot be read: {error.strerror}", "set MODERATION_POLICY to the policy file")
        raise BadSetup([problem]) from error
    except UnicodeDecodeError as error:
        raise BadSetup([Problem(str(path), "is not UTF-8", "save it as UTF-8")]) from error


def folds_enabled(policy: Policy) -> Callable[[Kind | None, Scene | None], int]:
    """The set of folds that the policy leaves on for a kind and scene; all where either is None."""

    @cache
    def enabled(kind: Kind | None, scene: Scene | None) -> int:
        off = policy.switched_off(kind, scene) if kind and scene else ()
        return EVERY & ~sum(BITS[name] for name in off)

    return enabled


def read_lists(settings: Settings, policy: Policy) -> Lists:
    """Raises BadSetup for lists that are refused."""
    return load_lists(settings.wordlists, policy.categories.keys(), settings.var / COMPILED)


def use_lists(panel: Panel, lists: Lists) -> None:
    """Puts lists to use in a panel: whole for every text that is looked at from now on."""
    keywords = panel.text[Check.KEYWORDS]
    assert isinstance(keywords, KeywordDetector)
    keywords.lexicon, panel.exemptions = lists.lexicon, lists.exemptions
    if lists.names is not None:
        panel.text[Check.NAMES] = NameDetector(lists.names)
    else:
        panel.text.pop(Check.NAMES, None)


def build_panel(
    settings: Settings,
    policy: Policy,
    clock: Clock,
    closing: ExitStack,
    observe: Callable[[Timing], None] = lambda _: None,
    intake: PictureIntake | None = None,
    known: Known = lambda picture: (),
) -> Panel:
    """The detectors, warm but for those of pictures: lists and models are read and have run once.

    intake  has the pictures; without it they are unchecked
    known   what they are compared with

    Raises BadSetup for a list or model that is refused.
    """
    lists = read_lists(settings, policy)
    keywords = KeywordDetector(lists.lexicon, folds_enabled(policy))
    segmentation.warm()
    classifier = None
    if settings.classifier:
        classifier = load_classifier(settings.models / "text")
        closing.callback(classifier.close)
    text: dict[Check, TextDetector] = {Check.KEYWORDS: keywords, Check.CONTACTS: ContactDetector()}
    sight = partial(Sight.load, settings.models)
    pictured = PicturedText(text, classifier)
    images = ImageDetector(intake.recall, known, sight, pictured) if intake and settings.images else None
    excusing = {code: category.second_opinion for code, category in policy.categories.items()}
    panel = Panel(text, classifier, images, excusing=excusing, today=lambda: clock.now().date(), observe=observe)
    use_lists(panel, lists)
    closing.callback(panel.close)
    panel.screen([Submission(Scene.REGISTRATION, (TextItem(Kind.USERNAME, "你好"),))])
    return panel


def build(
    settings: Settings, *, clock: Clock | None = None, observe: Callable[[Timing], None] = lambda _: None
) -> Services:
    """The whole graph on a migrated database. Raises BadSetup for anything that is refused at start."""
    clock = clock or Clock()
    closing = ExitStack()
    policy = read_policy(settings.policy)
    database = open_database(settings)
    closing.callback(database.close)
    queue = JobQueue(settings.queue_url)
    sender = WebhookSender(allow_private=settings.allow_private_hosts)
    closing.callback(sender.close)
    intake = open_intake(settings, closing)
    banks = BankFlow(database, policy, intake.recall, clock)
    known = LiveBank(database, settings.var / COMPILED_BANK, clock)
    closing.callback(known.close)
    known.start()
    panel = build_panel(settings, policy, clock, closing, observe, intake, known.match)
    if panel.images:
        intake.warm()
        panel.images.warm()
    lists = live_lists(settings, policy, panel, clock)
    lists.start()
    closing.callback(lists.close)
    enforce = EnforceFlow(database, policy, clock)
    return Services(
        settings=settings,
        clock=clock,
        policy=policy,
        database=database,
        queue=queue,
        panel=panel,
        lists=lists,
        pictures=intake.store,
        intake=intake,
        banks=banks,
        screen=ScreenFlow(database, panel, policy, queue, enforce, intake, banks, folded),
        review=ReviewFlow(database, policy, enforce, clock),
        enforce=enforce,
        deliver=DeliverFlow(database, sender, clock),
        rescan=RescanFlow(database, panel, policy, queue, intake, clock, folded),
        sweep=SweepFlow(database, queue, clock),
        closing=closing,
    )


def open_intake(settings: Settings, closing: ExitStack) -> PictureIntake:
    """Where pictures are taken in and kept. Raises BadSetup for limits that are refused."""
    try:
        limits = Limits(**json.loads(settings.picture_limits))
    except (ValueError, TypeError) as error:
        known = ", ".join(field.name for field in fields(Limits))
        raise BadSetup(
            [Problem("MODERATION_PICTURE_LIMITS", str(error), f"write a JSON object with any of {known}")]
        ) from error
    intake = PictureIntake(PictureStore(settings.pictures), limits)
    closing.callback(intake.close)
    return intake


def live_lists(settings: Settings, policy: Policy, panel: Panel, clock: Clock) -> LiveLists:
    """What keeps the panel's lists up to date; not started yet."""
    return LiveLists(settings.wordlists, partial(read_lists, settings, policy), partial(use_lists, panel), clock)


def open_database(settings: Settings) -> Database:
    """The database, brought to the newest tables."""
    database = Database(settings.database_url)
    database.migrate()
    return database


def folded(text: str) -> str:
    return fold(text).text


def prepare(settings: Settings) -> FirstRun:
    """Makes the first administrator and API key of a new installation; nothing where there is a user already."""
    database, clock = open_database(settings), Clock()
    try:
        with database.write() as tx:
            if access.all_users(tx):
                return FirstRun()
            password = secrets.token_urlsafe(12)
            access.add_user(tx, clock.id("user"), "admin", password, Role.ADMIN, clock.now())
            key = access.add_key(tx, clock.id("key"), "first-run", frozenset(access.SCOPES), clock.now())
            return FirstRun(key, "admin", password)
    finally:
        database.close()


DEMO_SPAN = timedelta(hours=40)
"""Over how long before the present the invented submissions are spread, so that the queue has old and new work."""


def fill_demo(settings: Settings) -> None:
    """Fills an installation with invented submissions, telling so on standard output; nothing where they are already."""
    database = open_database(settings)
    try:
        if demo.filled(database):
            return
    finally:
        database.close()
    start = moment = utc_now() - DEMO_SPAN

    def before(at: int, total: int) -> None:
        nonlocal moment
        moment = start + DEMO_SPAN * at / total
        if at % 100 == 0:
            print(f"正在填充演示数据 · Filling in invented submissions: {at}/{total}", flush=True)

    services = build(settings, clock=Clock(lambda: moment))
    try:
        demo.fill(services.screen, services.clock, before)
    finally:
        services.close()


def webhook_secret() -> str:
    """A fresh signing secret as Standard Webhooks writes it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode('ascii')}"
