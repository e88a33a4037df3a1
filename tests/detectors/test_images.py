"""The image detector, with fakes for what sees; what they see is theirs to test."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from moderation.core.errors import NotFound
from moderation.core.finding import Check, Finding, Verdict
from moderation.core.submission import Item, Kind, Scene, Span
from moderation.detectors.images import ImageDetector, Sight
from moderation.detectors.pictured_text import PicturedText
from moderation.pictures.bank import BankEntry, BankMatch, EntryState, Weight
from moderation.pictures.decoded import DecodedPicture, Facts, Frame, Undecodable
from moderation.pictures.explicit import Judgement
from moderation.pictures.marks import Mark, MarkSeen
from moderation.pictures.reading import Line
from tests.making import FakeClassifier

TODAY = date(2026, 11, 28)
BOX = ((0.1, 0.2), (0.9, 0.2), (0.9, 0.4), (0.1, 0.4))


class Reader:
    def __init__(self, *lines: Line) -> None:
        self.lines = lines

    def read(self, pixels: object) -> tuple[Line, ...]:
        return self.lines


class Models:
    def __init__(self, *said: Judgement) -> None:
        self.said = said

    def scores(self, pixels: object) -> tuple[Judgement, ...]:
        return self.said


class Drawn:
    """Marks that see one mark, or none."""

    version = "1"

    def __init__(self, *seen: MarkSeen) -> None:
        self._seen = seen

    def seen(self, pixels: object) -> tuple[MarkSeen, ...]:
        return self._seen


class Words:
    """A text detector that finds one word."""

    def __init__(self, word: str) -> None:
        self.word = word

    def screen(self, text: str, kind: Kind, scene: Scene, now: date) -> tuple[Finding, ...]:
        at = text.find(self.word)
        found = Finding("gambling", 1.0, "keywords@1", Span(at, at + len(self.word))) if at >= 0 else None
        return (found,) if found else ()


def picture(*frames: Frame, problem: str | None = None) -> DecodedPicture:
    frames = frames or (Frame(0, np.full((40, 40, 3), 200, np.uint8)),)
    return DecodedPicture(b"", frames, Facts(40, 40, "PNG", 1, 1, (), problem))


def line(text: str, score: float = 0.95, top: float = 0.2) -> Line:
    return Line(text, score, ((0.1, top), (0.9, top), (0.9, top + 0.2), (0.1, top + 0.2)))


def detector(
    *given: DecodedPicture | Exception,
    lines: Sequence[Line] = (),
    said: Sequence[Judgement] = (),
    matches: Sequence[BankMatch] = (),
    marks: Sequence[MarkSeen] = (),
    word: str = "百家乐",
    classifier: FakeClassifier | None = None,
) -> ImageDetector:
    pictures = dict(enumerate(given or (picture(),)))

    def recall(reference: str) -> DecodedPicture:
        found = pictures[int(reference)]
        if isinstance(found, Exception):
            raise found
        return found

    sight = Sight(Reader(*lines), Models(*said), Drawn(*marks))  # type: ignore[arg-type]
    text = PicturedText({Check.KEYWORDS: Words(word)}, classifier)
    return ImageDetector(recall, lambda _: tuple(matches), lambda: sight, text)


def avatar(*images: str, problems: tuple[str, ...] = ()) -> Item:
    return Item(Kind.AVATAR, None, images or ("0",), problems)


def match(weight: Weight, category: str | None = "porn") -> BankMatch:
    entry = BankEntry(7, "own-porn", category, bytes(32), 80, 0, "desk", "li", "", EntryState.LIVE, None)
    return BankMatch(entry, 3, "pdq", "upright", weight)


def test_what_is_read_goes_through_the_text_detectors_with_its_place_as_evidence() -> None:
    found = detector(lines=[line("来玩"), line("百家乐包赢", top=0.6)]).screen(avatar(), Scene.REGISTRATION, TODAY)
    [finding] = found.findings
    assert finding.category == "gambling" and finding.span is None and finding.ceiling is Verdict.REJECT
    assert finding.region and finding.region.text == "百家乐" and finding.region.corners[0] == (0.1, 0.6)


def test_what_runs_over_two_lines_is_found_in_the_box_around_both() -> None:
    found = detector(lines=[line("百"), line("家乐", top=0.6)], word="百\n家乐").screen(avatar(), Scene.POST, TODAY)
    [finding] = found.findings
    assert finding.region and finding.region.corners == ((0.1, 0.2), (0.9, 0.2), (0.9, 0.8), (0.1, 0.8))


def test_what_is_read_unsurely_goes_to_a_person() -> None:
    [finding] = detector(lines=[line("百家乐", 0.6)]).screen(avatar(), Scene.POST, TODAY).findings
    assert finding.ceiling is Verdict.REVIEW


def test_the_classifier_reads_along() -> None:
    reading = detector(lines=[line("来玩吧")], classifier=FakeClassifier({"fraud": 0.8}))
    [finding] = reading.screen(avatar(), Scene.POST, TODAY).findings
    assert (finding.category, finding.score) == ("fraud", 0.8) and finding.region and finding.region.text == "来玩吧"


def test_a_classifier_that_did_not_get_to_it_leaves_the_check_undone() -> None:
    reading = detector(lines=[line("来玩吧")], classifier=FakeClassifier(None))
    found = reading.screen(avatar(), Scene.POST, TODAY)
    assert found.unchecked == (Check.CLASSIFIER,) and found.degraded


def test_a_place_in_a_tile_is_told_as_one_in_the_picture() -> None:
    tile = Frame(0, np.full((40, 40, 3), 200, np.uint8), (0.0, 0.5, 1.0, 1.0))
    [finding] = detector(picture(tile), lines=[line("百家乐")]).screen(avatar(), Scene.POST, TODAY).findings
    assert finding.region and finding.region.corners[0] == (0.1, 0.6)


def test_of_several_frames_the_surest_judgement_stays() -> None:
    frames = (Frame(0, np.full((40, 40, 3), 1, np.uint8)), Frame(9, np.full((40, 40, 3), 2, np.uint8)))
    found = detector(picture(*frames), said=[Judgement("porn", 0.9, "nudity@1")]).screen(avatar(), Scene.POST, TODAY)
    assert [(f.category, f.source, f.score) for f in found.findings] == [("porn", "image@nudity-1", 0.9)]


@pytest.mark.parametrize(
    ("weight", "ceiling"),
    [(Weight.ACTS, Verdict.REJECT), (Weight.REVIEW, Verdict.REVIEW), (Weight.EXCUSED, Verdict.PASS)],
)
def test_a_copy_of_a_known_picture_earns_what_its_match_weighs(weight: Weight, ceiling: Verdict) -> None:
    [finding] = detector(matches=[match(weight)]).screen(avatar(), Scene.POST, TODAY).findings
    assert (finding.category, finding.source, finding.ceiling) == ("porn", "bank@own-porn", ceiling)
    assert finding.region and (finding.region.entry, finding.region.distance) == ("7", 3)


def test_a_negative_bank_excuses_what_is_shown_and_not_what_is_written() -> None:
    seen = detector(
        lines=[line("百家乐")], said=[Judgement("porn", 0.9, "nudity@1")], matches=[match(Weight.EXCUSES, None)]
    )
    found = {f.category: f.ceiling for f in seen.screen(avatar(), Scene.POST, TODAY).findings}
    assert found == {"porn": Verdict.PASS, "gambling": Verdict.REJECT}


def test_a_drawn_mark_is_told_by_its_title_with_what_it_may_earn() -> None:
    mark = Mark("police", {"zh": "警徽", "en": "police badge"}, "false_identity", Verdict.REVIEW, 3, "")
    seen = detector(marks=[MarkSeen(mark, 12.0, (0.0, 0.0, 0.5, 1.0))])
    [finding] = seen.screen(avatar(), Scene.REGISTRATION, TODAY).findings
    assert (finding.source, finding.ceiling, finding.severity) == ("marks@1", Verdict.REVIEW, 3)
    assert finding.region and finding.region.text == "警徽" and finding.region.corners[2] == (0.5, 1.0)


@pytest.mark.parametrize("error", [Undecodable("the picture is broken"), NotFound("picture", "0")])
def test_a_picture_that_cannot_be_had_is_unchecked_and_says_why(error: Exception) -> None:
    found = detector(error).screen(avatar(), Scene.POST, TODAY)
    assert found.unchecked == (Check.IMAGE,) and found.problem and not found.degraded


def test_what_decoding_left_out_is_unchecked_and_the_rest_is_looked_at() -> None:
    found = detector(picture(problem="57 frames"), lines=[line("百家乐")]).screen(avatar(), Scene.POST, TODAY)
    assert found.unchecked == (Check.IMAGE,) and found.problem == "57 frames" and len(found.findings) == 1


def test_a_held_picture_and_one_out_of_time_are_degraded() -> None:
    assert detector().screen(avatar("held:1"), Scene.POST, TODAY).degraded
    late = detector(lines=[line("百家乐")]).screen(avatar(), Scene.POST, TODAY, deadline=0.0)
    assert late.unchecked == (Check.IMAGE,) and late.degraded


def test_the_models_are_loaded_at_the_first_picture_and_once() -> None:
    loaded = []

    def load() -> Sight:
        loaded.append(1)
        return Sight(Reader(), Models(), Drawn())  # type: ignore[arg-type]

    lazy = ImageDetector(lambda _: picture(), lambda _: (), load, PicturedText({}, None))
    lazy.screen(Item(Kind.POST, "文字"), Scene.POST, TODAY)
    assert not loaded
    lazy.screen(avatar(), Scene.POST, TODAY)
    lazy.warm()
    assert loaded == [1]
