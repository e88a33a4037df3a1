"""Taking in pictures: decoded in child processes, or held as they came until a worker can decode them; and having them again."""

import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass, replace

import fsspec

from moderation.core.submission import Item, Kind, Submission
from moderation.pictures.bank import PDQ_QUALITY
from moderation.pictures.decoded import DecodedPicture, Undecodable
from moderation.pictures.limits import AVATAR_ASPECT, Limits
from moderation.pictures.pool import DecoderPool, NoDecoder
from moderation.store.documents import facts_document, read_facts
from moderation.store.pictures import PictureStore

REMEMBERED = 16_000_000
"""Bytes of decoded pixels that are kept to be looked at soon."""

TRIES = 3
"""How often a picture is given to the decoders while all are busy; each try waits for seconds."""

TALL = (Kind.POST,)
"""Kinds whose pictures may be long; they are looked at tile by tile."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture that was taken in: its reference, or what is wrong with it; `held` where it is not decoded yet."""

    reference: str | None = None
    problem: str | None = None

    @property
    def held(self) -> bool:
        return self.reference is not None and self.reference.startswith("held:")


class PictureIntake:
    """Decodes pictures; only re-encoded copies are kept, with what is known of the originals.

    children  processes that decode, started at the first picture or by `warm`
    """

    def __init__(self, store: PictureStore, limits: Limits, children: int = 2) -> None:
        self.store, self._limits, self._children = store, limits, children
        self._waiting = ThreadPoolExecutor(2 * children, thread_name_prefix="decoding")
        self._recent: OrderedDict[str, DecodedPicture] = OrderedDict()
        self._lock, self._starting = threading.Lock(), threading.Lock()
        self._pool: DecoderPool | None = None

    def warm(self) -> None:
        """Starts the children now."""
        _ = self.decoders

    @property
    def decoders(self) -> DecoderPool:
        with self._starting:
            if self._pool is None:
                self._pool = DecoderPool(self._children, self._limits)
            return self._pool

    def take(self, picture: bytes, deadline: float | None = None, *, kind: Kind = Kind.POST) -> Taken:
        """Decodes a picture and keeps a safe copy; what is not decoded by the deadline (`time.monotonic()`) is held for a worker."""
        decoding = self._waiting.submit(self.decode, picture, kind in TALL)
        try:
            decoded = decoding.result(None if deadline is None else max(0.0, deadline - time.monotonic()))
        except (FutureTimeout, NoDecoder):
            decoding.cancel()
            return Taken(self.store.hold(picture))
        except Undecodable as error:
            return Taken(problem=str(error))
        reference = self.store.put(decoded.webp, facts_document(decoded.facts))
        self._remember(reference, decoded)
        return Taken(reference)

    def item(self, path: str) -> Item:
        """An avatar from a file, or wherever fsspec reaches. Raises OSError and ValueError for what cannot be read."""
        with fsspec.open(path, "rb") as file:
            picture: bytes = file.read(self._limits.max_bytes + 1)  # what is longer is refused, however long
        taken = self.take(picture, kind=Kind.AVATAR)
        given, wrong = (taken.reference,), (taken.problem,)
        return Item(Kind.AVATAR, images=tuple(filter(None, given)), problems=tuple(filter(None, wrong)))

    def recall(self, reference: str) -> DecodedPicture:
        """A picture that was taken in: as it was decoded if that was just now, else its copy. Raises NotFound and Undecodable."""
        with self._lock:
            recent = self._recent.get(reference)
        if recent is not None:
            return recent
        copy = self.decode(self.store.get(reference), tall=True)
        known = self.store.facts(reference)
        decoded = replace(copy, facts=read_facts(known)) if known else copy
        self._remember(reference, decoded)
        return decoded

    def hashes(self, submission: Submission) -> dict[str, bytes]:
        """By reference, the PDQ hashes of a submission's avatars that are detailed enough to have likes."""
        references = (ref for item in submission.items if item.kind is Kind.AVATAR for ref in item.images)
        first = {ref: self.recall(ref).facts.hashes[:1] for ref in references if self.store.has(ref)}
        return {ref: hashes[0].pdq for ref, hashes in first.items() if hashes and hashes[0].quality >= PDQ_QUALITY}

    def settled(self, submission: Submission) -> Submission:
        """The submission with its held pictures decoded."""
        if not any(reference.startswith("held:") for item in submission.items for reference in item.images):
            return submission
        return replace(submission, items=tuple(self._settle(item) for item in submission.items))

    def close(self) -> None:
        with self._starting:
            if self._pool is not None:
                self._pool.close()
        self._waiting.shutdown(cancel_futures=True)

    def decode(self, picture: bytes, tall: bool) -> DecodedPicture:
        """Decodes a picture and keeps nothing; `tall` where it may be long.

        Raises Undecodable; a NoDecoder where none came free in several tries.
        """
        for _ in range(TRIES - 1):
            with suppress(NoDecoder):
                return self.decoders.decode(picture, aspect=None if tall else AVATAR_ASPECT)
        return self.decoders.decode(picture, aspect=None if tall else AVATAR_ASPECT)

    def _settle(self, item: Item) -> Item:
        images, problems = list[str](), list(item.problems)
        for reference in item.images:
            taken = Taken(reference)
            if taken.held:
                picture = self.store.held(reference)
                taken = (
                    self.take(picture, kind=item.kind)
                    if picture is not None
                    else Taken(problem="the picture was lost before it was decoded")
                )
            images += [taken.reference] if taken.reference else []
            problems += [taken.problem] if taken.problem else []
        return replace(item, images=tuple(images), problems=tuple(problems))

    def _remember(self, reference: str, decoded: DecodedPicture) -> None:
        with self._lock:
            self._recent[reference] = decoded
            self._recent.move_to_end(reference)
            while sum(map(_size, self._recent.values())) > REMEMBERED and len(self._recent) > 1:
                self._recent.popitem(last=False)


def _size(decoded: DecodedPicture) -> int:
    return sum(frame.pixels.nbytes for frame in decoded.frames)
