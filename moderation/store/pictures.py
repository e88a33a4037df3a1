"""The picture store: re-encoded copies on disk, named by the SHA-256 of their content."""

import hashlib
import os
import re
from datetime import datetime
from pathlib import Path

from moderation.core.errors import NotFound

_REFERENCE = re.compile(r"sha256:([0-9a-f]{64})")


class PictureStore:
    """Content-addressed files below one folder; adding the same picture twice keeps one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, picture: bytes) -> str:
        """Keeps a re-encoded picture; its reference, "sha256:…"."""
        digest = hashlib.sha256(picture).hexdigest()
        path = self._path(digest)
        if not path.exists():
            _write(path, picture)
        return f"sha256:{digest}"

    def get(self, reference: str) -> bytes:
        """Raises NotFound for a reference that is malformed or not kept."""
        match = _REFERENCE.fullmatch(reference)
        if not match or not self._path(match[1]).is_file():
            raise NotFound("picture", reference)
        return self._path(match[1]).read_bytes()

    def hold(self, picture: bytes) -> str:
        """Keeps a picture as it came, until it is decoded; its reference, "held:…". It is never shown."""
        digest = hashlib.sha256(picture).hexdigest()
        _write(self.folder / "held" / digest, picture)
        return f"held:{digest}"

    def held(self, reference: str) -> bytes | None:
        """What `hold` kept; None if it is gone."""
        path = self.folder / "held" / reference.removeprefix("held:")
        return path.read_bytes() if path.is_file() else None

    def drop_held(self, before: datetime) -> int:
        """Forgets what `hold` kept and has not been given again since `before`; how many.

        Only by age: several submissions may hold the same picture, and a worker that was killed may need it again.
        """
        old = [path for path in (self.folder / "held").glob("*") if path.stat().st_mtime < before.timestamp()]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def has(self, reference: str) -> bool:
        match = _REFERENCE.fullmatch(reference)
        return match is not None and self._path(match[1]).is_file()

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / f"{digest}.webp"


def _write(path: Path, picture: bytes) -> None:
    """In one step, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
    half.write_bytes(picture)
    half.replace(path)
