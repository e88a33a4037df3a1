"""The picture store, on disk and in another of fsspec's file systems."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moderation.core.errors import NotFound
from moderation.store.pictures import PictureStore


@pytest.fixture(params=["disk", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path) if request.param == "disk" else f"memory://{tmp_path.name}"


def test_the_same_picture_is_kept_once(tmp_path: Path) -> None:
    store = PictureStore(str(tmp_path))
    reference = store.put(b"webp", {})
    assert store.put(b"webp", {}) == reference != store.put(b"other", {})
    assert len(list(tmp_path.rglob("*.webp"))) == 2


def test_a_picture_is_kept_with_what_is_known_of_it(folder: str) -> None:
    store = PictureStore(folder)
    reference = store.put(b"webp", {"width": 4})
    assert store.put(b"webp", {"width": 5}) == reference
    assert store.get(reference) == b"webp" and store.has(reference) and store.facts(reference) == {"width": 4}


@pytest.mark.parametrize(
    "reference", ["", "sha256:", "sha256:" + "0" * 64, "sha256:../../etc/passwd", "held:" + "0" * 64, "\x00"]
)
def test_what_is_not_kept_is_not_found(folder: str, reference: str) -> None:
    store = PictureStore(folder)
    assert not store.has(reference)
    with pytest.raises(NotFound):
        store.get(reference)


def test_a_held_picture_is_never_shown_and_stays_for_whoever_else_holds_it(folder: str) -> None:
    store = PictureStore(folder)
    reference = store.hold(b"as it came")
    assert store.hold(b"as it came") == reference
    assert store.held(reference) == store.held(reference) == b"as it came"
    assert not store.has(reference)
    with pytest.raises(NotFound):
        store.get(reference)
    assert store.held("held:" + "0" * 64) is None


def test_held_pictures_are_forgotten_by_age(folder: str) -> None:
    store = PictureStore(folder)
    assert store.drop_held(datetime.now(UTC)) == 0
    reference = store.hold(b"as it came")
    assert store.drop_held(datetime.now(UTC) - timedelta(days=1)) == 0
    assert store.held(reference) is not None
    assert store.drop_held(datetime.now(UTC) + timedelta(seconds=1)) == 1
    assert store.held(reference) is None
