"""Children that are started before they are needed, each decoding one picture at a time, replaced when they die or overrun."""

import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn, Self

import numpy as np

from moderation.pictures.decoded import DecodedPicture, Facts, Frame, Undecodable
from moderation.pictures.hashing import FrameHash
from moderation.pictures.limits import OUT_OF_MEMORY, READY, Limits, format_of

ATTEMPTS = 4
"""How many children may be killed over one picture: by chance the first, but the kernel, short of memory, may mean the picture."""

LARGEST_HEADER = 1_000_000
LARGEST_ANSWER = 200_000_000
"""Bytes; an answer that announces more does not come from a child that works as it should."""

_PIPE_BYTES = 1 << 20
"""What Linux allows everybody: a frame of an avatar goes through at once, without waiting for the other side's turn."""

_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    # Large pieces go back to the system when they are freed, so a child does not keep the size of its largest picture.
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "1048576",
}
"""All that a child is told: whoever takes one over finds none of the service's secrets in its environment."""

_LEAST_SHARE = 0.25
"""Of the seconds that a child may take, what must be left when a picture's turn comes; most need far less."""

_BUSY = "every decoder is busy; send the picture again later"

_OUR_LIMIT = -signal.SIGPROF
_BY_OTHERS = {0, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP, -signal.SIGQUIT}
"""Ways to end that are not a picture's doing."""


class NoDecoder(Undecodable):
    """There was nobody to decode the picture; it may be all right, and later the answer may be another."""


class _Overrun(Exception):
    """The child did not answer in time."""


class _Died(Exception):
    """The child's end of the pipe is closed."""


class DecoderPool:
    """Decodes pictures in `children` processes; safe to use from any number of threads.

    A picture waits for a free child, and then has one to itself. What a picture does to its child costs nobody else
    anything: the next picture finds a new one. Close it, or use it in a `with` statement.
    """

    def __init__(self, children: int = 2, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._closed = False
        self._slots = [_Slot(self._limits) for _ in range(children)]
        self._free = _Free()
        for slot in self._slots:
            self._start(slot)
            self._free.give(slot)

    def decode(self, data: bytes, *, aspect: float | None) -> DecodedPicture:
        """The picture in these bytes, of which nothing is believed.

        aspect  how many times as long as wide it may be, inclusive; None takes any and looks at long ones in tiles

        Raises Undecodable within `Limits.answer_seconds`; a NoDecoder where that is not the picture's doing.
        """
        limits = self._limits
        _refuse_early(data, limits)
        deadline = time.monotonic() + limits.answer_seconds
        slot = self._free.take(limits.answer_seconds - limits.child_seconds * _LEAST_SHARE)
        if slot is None:
            raise NoDecoder(_BUSY)
        try:
            return self._decode(slot, data, aspect, deadline)
        finally:
            self._free.give(slot)

    def pids(self) -> tuple[int, ...]:
        """The process ids of the children that live, for whoever watches or stops them."""
        with self._lock:
            children = [slot.child for slot in self._slots]
        return tuple(child.process.pid for child in children if child is not None and child.process.poll() is None)

    def close(self) -> None:
        """Ends all children; a picture that is being decoded becomes Undecodable. A second call does nothing."""
        with self._lock:
            self._closed = True
            children = [slot.child for slot in self._slots if slot.child is not None]
        for child in children:
            child.process.kill()
        # The pipes of a busy child are its thread's to close: it may be reading from them, or from what next has their number.
        idle = []
        while (slot := self._free.take(0.0)) is not None:
            slot.end()
            idle.append(slot)
        for slot in idle:
            self._free.give(slot)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _decode(self, slot: "_Slot", data: bytes, aspect: float | None, deadline: float) -> DecodedPicture:
        killed, began = 0, time.monotonic()
        while killed < ATTEMPTS:
            child = self._living(slot)
            try:
                child.wait_until_ready(deadline)
                began = time.monotonic()
                answer = child.ask(data, aspect, min(deadline, began + self._limits.child_seconds))
            except _Overrun:
                self._replace(slot)
                if not child.ready:
                    raise NoDecoder("the decoder did not start in time") from None
                if began + self._limits.child_seconds > deadline:
                    raise NoDecoder(_BUSY) from None
                raise Undecodable(f"decoding took more than {self._limits.child_seconds:g} seconds") from None
            except _Died:
                code = child.how_it_ended()
                self._replace(slot)
                killed += child.ready
                if code not in _BY_OTHERS or time.monotonic() > deadline:
                    self._give_up(code, child.ready)
            except BaseException:  # a child that was left halfway through an answer is of no use to the next picture
                self._replace(slot)
                raise
            else:
                if slot.is_worn(answer):
                    self._replace(slot)
                return answer.picture()
        raise NoDecoder(f"the decoder was killed {ATTEMPTS} times")

    def _give_up(self, code: int, ready: bool) -> NoReturn:
        if code == _OUR_LIMIT:
            raise Undecodable(f"decoding took more than {self._limits.cpu_seconds:g} seconds")
        if code in _BY_OTHERS:
            raise NoDecoder("the decoder was killed")
        if not ready:
            raise NoDecoder("the decoder does not start; the service's log says why")
        raise Undecodable("the decoder crashed on this picture")

    def _living(self, slot: "_Slot") -> "_Child":
        """The slot's child, a new one where that has died while nobody looked."""
        if slot.child is None or slot.child.process.poll() is not None:
            self._replace(slot)
        if slot.child is None:
            raise NoDecoder("the decoder is closed" if self._closed else "the decoder cannot be started")
        return slot.child

    def _replace(self, slot: "_Slot") -> None:
        with self._lock:
            slot.end()
        self._start(slot)

    def _start(self, slot: "_Slot") -> None:
        with self._lock:
            if not self._closed:
                slot.start()


def _refuse_early(data: bytes, limits: Limits) -> None:
    if not data:
        raise Undecodable("the picture is empty")
    if len(data) > limits.max_bytes:
        raise Undecodable(f"the picture has {len(data):,} bytes, at most {limits.max_bytes:,} are taken")
    if format_of(data) is None:
        raise Undecodable("the picture is not a JPEG, PNG, WEBP or GIF")


class _Free:
    """The slots that nobody uses. Whoever waits longest is served first, which a plain queue does not promise."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: list[_Slot] = []
        self._waiting: deque[queue.SimpleQueue[_Slot]] = deque()

    def take(self, seconds: float) -> "_Slot | None":
        """A slot, None when there is none within that time."""
        with self._lock:
            if self._slots:
                return self._slots.pop()
            turn: queue.SimpleQueue[_Slot] = queue.SimpleQueue()
            self._waiting.append(turn)
        try:
            return turn.get(timeout=seconds)
        except queue.Empty:
            with self._lock:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                    return None
            return turn.get()  # given in the last moment

    def give(self, slot: "_Slot") -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().put(slot)
            else:
                self._slots.append(slot)


class _Slot:
    """A place for a child, used by one thread at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.child: _Child | None = None
        self._uses = 0

    def start(self) -> None:
        self._uses = 0
        try:
            self.child = _Child(self._limits)
        except OSError:  # no memory or no descriptors left: the next picture tries again
            self.child = None

    def end(self) -> None:
        if self.child is not None:
            self.child.end()
            self.child = None

    def is_worn(self, answer: "_Answer") -> bool:
        """Whether the child should go after this answer."""
        self._uses += 1
        exhausted = answer.header.get("undecodable") == OUT_OF_MEMORY
        return (
            exhausted
            or self._uses >= self._limits.child_uses
            or answer.header["resident"] > self._limits.child_resident
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """What a child said: a header, and the bytes that it announces."""

    header: dict[str, Any]
    body: bytearray

    def picture(self) -> DecodedPicture:
        header = self.header
        if (reason := header.get("undecodable")) is not None:
            raise Undecodable(str(reason))
        hashes = tuple(FrameHash.from_text(text) for text in header["hashes"])
        start, frames = header["webp"], []
        for at, (height, width, channels), box in header["frames"]:
            size = height * width * channels
            pixels = np.frombuffer(self.body, np.uint8, size, start).reshape(height, width, channels)
            frames.append(Frame(at, pixels, tuple(box)))
            start += size
        width, height, kind, frame_count, distinct = header["facts"]
        facts = Facts(width, height, kind, frame_count, distinct, hashes, header["problem"])
        return DecodedPicture(bytes(self.body[: header["webp"]]), tuple(frames), facts)


class _Child:
    """One process and the pipes to it. Started with Popen and never forked alone: the parent has threads."""

    def __init__(self, limits: Limits) -> None:
        self.ready = False
        command = [sys.executable, "-I", "-m", "moderation.pictures.decoding", limits.to_text()]
        # A session of its own: Ctrl-C in the terminal is for the service, whose end closes the pipe.
        self.process = subprocess.Popen(
            command,
            bufsize=0,
            pipesize=_PIPE_BYTES,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_ENVIRONMENT,
            start_new_session=True,
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self._in, self._out = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    def wait_until_ready(self, deadline: float) -> None:
        """Raises _Overrun or _Died."""
        if not self.ready:
            self._read(len(READY), deadline)
            self.ready = True

    def ask(self, data: bytes, aspect: float | None, deadline: float) -> _Answer:
        """Raises _Overrun, _Died, and Undecodable for an answer that makes no sense."""
        head = json.dumps({"bytes": len(data), "aspect": aspect}).encode()
        self._write(len(head).to_bytes(4, "big") + head, deadline)
        self._write(data, deadline)
        length = int.from_bytes(self._read(4, deadline), "big")
        if length > LARGEST_HEADER:
            raise Undecodable("the decoder gave no proper answer")
        header = json.loads(self._read(length, deadline))
        size = header.get("webp", 0) + sum(int(np.prod(shape)) for _, shape, _ in header.get("frames", ()))
        if not 0 <= size <= LARGEST_ANSWER:
            raise Undecodable("the decoder gave no proper answer")
        return _Answer(header, self._read(size, deadline))

    def how_it_ended(self) -> int:
        """The exit code, negative for a signal's number. The pipe is closed, so the end is near."""
        try:
            return self.process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def end(self) -> None:
        """At once: it holds nothing that is worth a farewell."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _write(self, data: bytes, deadline: float) -> None:
        left = memoryview(data)
        while left:
            self._wait(self._in, select.POLLOUT, deadline)
            try:
                left = left[os.write(self._in, left) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise _Died from None

    def _read(self, size: int, deadline: float) -> bytearray:
        buffer = bytearray(size)
        left = memoryview(buffer)
        while left:
            self._wait(self._out, select.POLLIN, deadline)
            try:
                count = os.readv(self._out, [left])
            except BlockingIOError:
                continue
            if count == 0:
                raise _Died
            left = left[count:]
        return buffer

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise _Overrun
