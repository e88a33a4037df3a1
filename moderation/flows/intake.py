"""Taking in pictures: decoded by a few children at a time, or held as they came until a worker can decode them."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, replace

from moderation.core.submission import Item, Submission
from moderation.detectors.images import DecodedPicture, Undecodable
from moderation.store.pictures import PictureStore

CHILDREN = 2


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture that was taken in: its reference, or what is wrong with it; `held` where it is not decoded yet."""

    reference: str | None = None
    problem: str | None = None

    @property
    def held(self) -> bool:
        return self.reference is not None and self.reference.startswith("held:")


class PictureIntake:
    """Decodes pictures in child processes, at most `CHILDREN` at once; only re-encoded copies are kept."""

    def __init__(self, store: PictureStore, decode: Callable[[bytes], DecodedPicture]) -> None:
        self.store, self._decode = store, decode
        self._children = ThreadPoolExecutor(CHILDREN, thread_name_prefix="decoding")

    def take(self, picture: bytes, deadline: float | None = None) -> Taken:
        """Decodes a picture and keeps a safe copy; what is not decoded by the deadline (`time.monotonic()`) is held for a worker."""
        decoding = self._children.submit(self._decode, picture)
        try:
            decoded = decoding.result(None if deadline is None else max(0.0, deadline - time.monotonic()))
        except FutureTimeout:
            decoding.cancel()
            return Taken(self.store.hold(picture))
        except Undecodable as error:
            return Taken(problem=str(error))
        return Taken(self.store.put(decoded.webp))

    def settled(self, submission: Submission) -> Submission:
        """The submission with its held pictures decoded."""
        if not any(reference.startswith("held:") for item in submission.items for reference in item.images):
            return submission
        return replace(submission, items=tuple(self._settle(item) for item in submission.items))

    def _settle(self, item: Item) -> Item:
        images, problems = list[str](), list(item.problems)
        for reference in item.images:
            taken = Taken(reference)
            if taken.held:
                picture = self.store.held(reference)
                taken = (
                    self.take(picture)
                    if picture is not None
                    else Taken(problem="the picture was lost before it was decoded")
                )
            images += [taken.reference] if taken.reference else []
            problems += [taken.problem] if taken.problem else []
        return replace(item, images=tuple(images), problems=tuple(problems))

    def close(self) -> None:
        self._children.shutdown(cancel_futures=True)
