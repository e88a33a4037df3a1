"""Pictures on their way through the flows, with the real engine: read, known again, kept, and screened again from their copies."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from PIL import Image
from sqlalchemy import select

from moderation.core.errors import BadInput
from moderation.core.finding import Verdict
from moderation.core.submission import Account, Item, Kind, Scene, Submission
from moderation.store import likeness
from moderation.store.submissions import StoredScreening
from moderation.store.tables import rescan_chunks
from moderation.wiring import Services
from tests.flows.reading import account
from tests.making import request, services
from tests.pictures.drawn import inked, text_mask
from tests.pictures.scenes import scene


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """One installation that looks at pictures, for all tests here: its models take a second to load."""
    folder = tmp_path_factory.mktemp("looking")
    with services(folder, f"sqlite:///{folder / 'moderation.db'}", IMAGES="on") as made:
        yield made


def encoded(picture: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def lettered(text: str) -> bytes:
    """An avatar that says it in plain letters."""
    mask = text_mask(text, Random(1))
    return encoded(inked(mask, (0, 0, 0), Image.new("RGB", mask.size, "white")))


def photo(seed: int) -> Image.Image:
    return Image.fromarray(scene(seed))


def avatar(made: Services, picture: bytes, account: str, where: Scene = Scene.PROFILE_CHANGE) -> StoredScreening:
    item = Item(Kind.AVATAR, images=tuple(filter(None, [made.intake.take(picture, kind=Kind.AVATAR).reference])))
    of = Submission(where, (item,), Account(account))
    return made.screen.now(request(of, f"{account}-{len(picture)}"), time.monotonic() + 60).screening


def verdict(screening: StoredScreening) -> Verdict:
    assert screening.outcome is not None
    return screening.outcome.verdict


def test_what_an_avatar_says_is_judged_and_told_with_its_place(looking: Services) -> None:
    screening = avatar(looking, lettered("玩百家乐"), "said")
    assert verdict(screening) is Verdict.REJECT and screening.outcome
    [finding, *_] = screening.outcome.items[0].screening.findings
    assert finding.category == "gambling" and finding.region and finding.region.text == "百家乐"
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in finding.region.corners)
    assert "百家" not in (screening.outcome.items[0].author_message or "")


def test_a_picture_without_anything_passes_and_is_what_the_account_shows(looking: Services) -> None:
    screening = avatar(looking, encoded(photo(3)), "plain")
    assert verdict(screening) is Verdict.PASS
    [reference] = screening.submission.items[0].images
    assert account(looking, "plain").fields["avatar"] == reference
    with looking.database.read() as tx:
        assert likeness.shown_by(tx, [reference]) == {reference: ["plain"]}


def test_a_rejected_avatar_that_was_added_to_a_bank_catches_its_copies(looking: Services) -> None:
    first = avatar(looking, encoded(photo(11)), "first")
    [reference] = first.submission.items[0].images
    looking.banks.add(reference, "porn", "user:li")
    smaller = encoded(photo(11).resize((200, 200)).transpose(Image.Transpose.FLIP_LEFT_RIGHT), "JPEG", quality=50)
    found = avatar(looking, smaller, "copy")
    for again in range(50):  # every process looks at the bank every two seconds
        if verdict(found) is not Verdict.PASS:
            break
        time.sleep(0.2)
        found = avatar(looking, smaller, f"copy-{again}")
    assert verdict(found) is Verdict.REJECT and found.outcome
    [finding] = found.outcome.items[0].screening.findings
    assert finding.source == "bank@own-porn" and finding.region and finding.region.entry
    with looking.database.read() as tx:
        likes = likeness.similar(tx, [looking.intake.recall(reference).facts.hashes[0].pdq])
    assert reference in {like.reference for like in likes}


def test_profiles_are_imported_with_their_avatars_and_screened_again(looking: Services, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(lettered("玩百家乐"))
    profiles = tmp_path / "profiles.jsonl"
    row = {"account_id": "imported", "username": "小雨", "avatar_path": str(tmp_path / "bad.png")}
    profiles.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert list(looking.rescan.import_profiles(profiles)) == [1]
    assert account(looking, "imported").fields["avatar"].startswith("sha256:")
    for file in (None, profiles):
        run, _ = looking.rescan.begin(file)
        for _ in looking.rescan.plan(run, file):
            pass
        with looking.database.read() as tx:
            ids = list(tx.scalars(select(rescan_chunks.c.id).where(rescan_chunks.c.run_id == run.id)))
        looking.rescan.screen(ids)
        found = {(r["account_id"], r["kind"]): r["verdict"] for r in looking.rescan.results(run.id)}
        assert found["imported", "avatar"] == "reject" and found["imported", "username"] == "pass"


def test_an_avatar_that_cannot_be_read_stops_an_import_and_goes_to_a_person_in_a_rescan(
    looking: Services, tmp_path: Path
) -> None:
    profiles = tmp_path / "profiles.jsonl"
    profiles.write_text(json.dumps({"account_id": "lost", "avatar_path": "/nowhere.png"}) + "\n", encoding="utf-8")
    with pytest.raises(BadInput, match="nowhere"):
        list(looking.rescan.import_profiles(profiles))


def test_an_animation_is_screened_again_from_its_copy_with_all_that_was_known_of_it(looking: Services) -> None:
    frames = [photo(seed).resize((96, 96)) for seed in range(20, 40)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50)
    screening = avatar(looking, out.getvalue(), "moving")
    assert verdict(screening) is Verdict.REVIEW and screening.outcome
    assert "20 different frames" in (screening.outcome.items[0].screening.problem or "")
    [reference] = screening.submission.items[0].images
    looking.intake._recent.clear()
    assert looking.intake.recall(reference).facts.distinct == 20
