"""The picture store: re-encoded copies named by the SHA-256 of their content, on disk or wherever fsspec reaches, S3 say."""

import hashlib
import json
import os
import re
from datetime import UTC, datetime
from functools import partial
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from moderation.core.errors import NotFound

_REFERENCE = re.compile(r"sha256:([0-9a-f]{64})")


class PictureStore:
    """Content-addressed files below one folder; adding the same picture twice keeps one.

    folder  a path, or an address such as "s3://bucket/pictures"
    """

    def __init__(self, folder: str) -> None:
        self._files, self._folder = fsspec.url_to_fs(folder)

    def put(self, picture: bytes, facts: dict[str, Any]) -> str:
        """Keeps a re-encoded picture and what is known of it; its reference, "sha256:…".

        Two files may give one copy: what the first of them said of it stays.
        """
        digest = hashlib.sha256(picture).hexdigest()
        if not self._files.exists(self._path(digest, "json")):
            self._write(self._path(digest, "webp"), picture)
            self._write(self._path(digest, "json"), json.dumps(facts).encode("ascii"))
        return f"sha256:{digest}"

    def get(self, reference: str) -> bytes:
        """Raises NotFound for a reference that is malformed or not kept."""
        return self._read(reference, "webp")

    def facts(self, reference: str) -> dict[str, Any]:
        """What `put` was told; nothing of a picture that was kept before anything was told. Raises NotFound as `get` does."""
        try:
            found: dict[str, Any] = json.loads(self._read(reference, "json"))
        except NotFound:
            self._read(reference, "webp")
            return {}
        return found

    def hold(self, picture: bytes) -> str:
        """Keeps a picture as it came, until it is decoded; its reference, "held:…". It is never shown."""
        digest = hashlib.sha256(picture).hexdigest()
        self._write(f"{self._folder}/held/{digest}", picture)
        return f"held:{digest}"

    def held(self, reference: str) -> bytes | None:
        """What `hold` kept; None if it is gone."""
        try:
            found: bytes = self._files.cat_file(f"{self._folder}/held/{reference.removeprefix('held:')}")
        except FileNotFoundError:
            return None
        return found

    def drop_held(self, before: datetime) -> int:
        """Forgets what `hold` kept and has not been given again since `before`; how many.

        Only by age: several submissions may hold the same picture, and a worker that was killed may need it again.
        """
        old = [path for path in self._files.find(f"{self._folder}/held") if self._written(path) < before]
        for path in old:
            self._files.rm_file(path)
        return len(old)

    def has(self, reference: str) -> bool:
        match = _REFERENCE.fullmatch(reference)
        return match is not None and bool(self._files.exists(self._path(match[1], "json")))

    def _read(self, reference: str, suffix: str) -> bytes:
        match = _REFERENCE.fullmatch(reference)
        try:
            found: bytes = self._files.cat_file(self._path(match[1], suffix)) if match else b""
        except FileNotFoundError:
            found = b""
        if not found:
            raise NotFound("picture", reference)
        return found

    def _path(self, digest: str, suffix: str) -> str:
        return f"{self._folder}/{digest[:2]}/{digest}.{suffix}"

    def _written(self, path: str) -> datetime:
        written: datetime = self._files.modified(path)
        return written if written.tzinfo else written.replace(tzinfo=UTC)

    def _write(self, path: str, content: bytes) -> None:
        """In one step, so that nobody reads half of it; object stores do no other."""
        write = partial(self._files.pipe_file, value=content)
        if not isinstance(self._files, LocalFileSystem):
            write(path)
            return
        half = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
        self._files.makedirs(self._files._parent(path), exist_ok=True)
        write(half)
        os.replace(half, path)
