"""Pictures on the review desk: drawn here, and looked at by one that says what a test tells it to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import cast

from PIL import Image

from moderation.core.finding import Finding, Point, Region, Screening, Verdict
from moderation.core.submission import Item, Kind, Scene
from moderation.detectors.images import ImageDetector
from tests.pictures.scenes import Pixels, scene
from tests.web.desk import House

TEXT_AT: tuple[Point, ...] = ((0.1, 0.7), (0.9, 0.66), (0.9, 0.82), (0.1, 0.86))
CODE_AT: tuple[Point, ...] = ((0.55, 0.1), (0.9, 0.1), (0.9, 0.45), (0.55, 0.45))

READ = Finding(
    "advertising_trade", 1.0, "keywords@7", ceiling=Verdict.REVIEW, region=Region(0, 0, TEXT_AT, "加v信 abc123")
)
CODED = Finding(
    "advertising_trade",
    1.0,
    "codes@contact",
    ceiling=Verdict.REVIEW,
    region=Region(0, 0, CODE_AT, "https://u.wechat.com/abc"),
)
SEEN = Finding("porn", 0.71, "image@opennsfw-1", ceiling=Verdict.REVIEW, region=Region(0))


def stored(pixels: Pixels, form: str = "PNG") -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, form)
    return out.getvalue()


def animated(*frames: Pixels) -> bytes:
    out = BytesIO()
    first, *rest = (Image.fromarray(pixels) for pixels in frames)
    first.save(out, "GIF", save_all=True, append_images=rest, duration=200, loop=0)
    return out.getvalue()


@dataclass
class Looker:
    """Says of every picture what it is told to, and sends it to a person."""

    findings: Sequence[Finding] = field(default_factory=lambda: (SEEN,))

    def screen(self, item: Item, scene: Scene, today: date, deadline: float | None = None) -> Screening:
        return Screening(tuple(self.findings)) if item.images else Screening()


def looked_at(house: House, *findings: Finding) -> None:
    """From now on every picture is found to be this."""
    house.services.panel.images = cast(ImageDetector, Looker(findings or (SEEN,)))


def avatar(house: House, picture: bytes | int) -> str:
    """Takes an avatar in; its reference. A number stands for a scene."""
    content = stored(scene(picture)) if isinstance(picture, int) else picture
    reference = house.services.intake.take(content, kind=Kind.AVATAR).reference
    assert reference is not None and reference.startswith("sha256:")
    return reference


def case_of(house: House, *pictures: str, account: str | None = "new_1", scene: Scene = Scene.REGISTRATION) -> str:
    """The id of the case that an avatar of these pictures opens."""
    return house.case(Item(Kind.AVATAR, None, pictures), scene=scene, account=account)
