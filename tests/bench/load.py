"""An open-loop load generator: registrations sent when they are due, whether or not earlier ones were answered.

Run as a process of its own, `python -m tests.bench.load`: a plan as JSON on standard input, one JSON object as answer.
A latency runs from the moment when a request was due, so a service that stalls cannot hide it by slowing the generator.
"""

import asyncio
import json
import random
import selectors
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from typing import cast

from tests.bench.texts import registration

GRACE = 3.0
"""Seconds after the last request was due that answers are still waited for."""
TOO_FAR_BEHIND = 400
"""With this many requests unanswered the service is overloaded beyond doubt, and no more are sent."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send.

    rate     registrations a second, arriving at random (Poisson), as people do
    seconds  for how long
    warmup   seconds at the same rate before that, not counted
    seed     of texts and arrival times
    deadline_ms  what each request asks for; far above the latencies of interest, so that they are seen whole
    """

    port: int
    key: str
    run: str
    rate: float
    seconds: float
    warmup: float = 0.0
    seed: int = 0
    deadline_ms: int = 1000


@dataclass(slots=True)
class Tally:
    """What came of a plan; times in milliseconds, one for each counted request.

    latency      from due to answered; a request without an answer counts as GRACE seconds
    unexplained  the service's own total without its detectors and its database
    outside      from sent to answered, without the service's own total: network, HTTP parsing, this generator
    late         from due to sent: what this generator itself was behind
    cpu          this process's share of one core
    """

    latency: list[float] = field(default_factory=list)
    detectors: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    unexplained: list[float] = field(default_factory=list)
    outside: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    errors: int = 0
    degraded: int = 0
    refused: int = 0
    overloaded: bool = False
    cpu: float = 0.0


@dataclass(slots=True)
class _Exchange:
    due: float
    counted: bool
    sent: float = 0.0


class _Connection(asyncio.Protocol):
    """One kept-alive connection with at most one request on it; understands answers with a Content-Length only."""

    def __init__(self, generator: "_Generator") -> None:
        self._generator = generator
        self._exchange: _Exchange | None = None
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._generator.idle(self)

    def send(self, request: bytes, exchange: _Exchange) -> None:
        assert self._transport is not None
        self._exchange, exchange.sent = exchange, time.monotonic()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end or self._exchange is None:
            return
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if len(body) < int(headers[b"content-length"]):
            return
        exchange, self._exchange, self._buffer = self._exchange, None, b""
        self._generator.answered(exchange, head[9:12], headers.get(b"server-timing", b""), body)
        self._generator.idle(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self._exchange is not None:
            self._generator.answered(self._exchange, b"", b"", b"")
        self._generator.lost(self)


class _Generator:
    def __init__(self, plan: Plan) -> None:
        self.tally, self._plan = Tally(), plan
        self._free: list[_Connection] = []
        self._queue: deque[tuple[bytes, _Exchange]] = deque()
        self._open = 0
        self._drained = asyncio.Event()

    async def run(self) -> Tally:
        plan, loop = self._plan, asyncio.get_running_loop()
        chance = random.Random(plan.seed)
        dues = arrivals(plan.rate, plan.warmup + plan.seconds, chance)
        requests = [self._request(at, chance) for at in range(len(dues))]
        for _ in range(min(64, 8 + round(plan.rate / 4))):
            await loop.create_connection(lambda: _Connection(self), "127.0.0.1", plan.port)
        began, cpu = time.monotonic() + 0.05, time.process_time()
        for due, request in zip(dues, requests, strict=True):
            if (pause := began + due - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            if self._open >= TOO_FAR_BEHIND:
                self.tally.overloaded = True
                break
            self._send(request, _Exchange(began + due, due >= plan.warmup))
        self.tally.cpu = (time.process_time() - cpu) / (time.monotonic() - began)
        if self._open:
            self._drained.clear()
            try:
                await asyncio.wait_for(self._drained.wait(), GRACE)
            except TimeoutError:
                self.tally.errors += self._open
                self.tally.latency += [GRACE * 1000] * self._open
        return self.tally

    def idle(self, connection: _Connection) -> None:
        if self._queue:
            connection.send(*self._queue.popleft())
        else:
            self._free.append(connection)

    def lost(self, connection: _Connection) -> None:
        if connection in self._free:
            self._free.remove(connection)

    def answered(self, exchange: _Exchange, status: bytes, timing: bytes, body: bytes) -> None:
        now = time.monotonic()
        self._open -= 1
        if not self._open:
            self._drained.set()
        if not exchange.counted:
            return
        tally = self.tally
        tally.latency.append((now - exchange.due) * 1000)
        tally.late.append((exchange.sent - exchange.due) * 1000)
        if status != b"200":
            tally.errors += 1
            return
        detectors, database, total = durations(timing.decode("ascii"))
        tally.detectors.append(detectors)
        tally.database.append(database)
        tally.unexplained.append(total - detectors - database)
        tally.outside.append((now - exchange.sent) * 1000 - total)
        tally.degraded += b'"degraded":true' in body
        tally.refused += b'"verdict":"reject"' in body[:200]

    def _send(self, request: bytes, exchange: _Exchange) -> None:
        self._open += 1
        if self._free:
            self._free.pop().send(request, exchange)
        else:
            self._queue.append((request, exchange))

    def _request(self, at: int, chance: random.Random) -> bytes:
        plan = self._plan
        username, bio = registration(chance)
        body = {
            "idempotency_key": f"{plan.run}-{at}",
            "scene": "registration",
            "deadline_ms": plan.deadline_ms,
            "account": {"id": f"{plan.run}-{at}"},
            "items": [{"kind": "username", "text": username}, {"kind": "bio", "text": bio}],
        }
        content = json.dumps(body, ensure_ascii=False).encode()
        head = (
            "POST /v1/screenings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {plan.key}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode("ascii") + content


def arrivals(rate: float, seconds: float, chance: random.Random) -> Sequence[float]:
    """When requests are due, in seconds from the start, in [0, seconds).

    >>> dues = arrivals(100, 50, random.Random(1))
    >>> 4700 < len(dues) < 5300, list(dues) == sorted(dues), dues[-1] < 50
    (True, True, True)
    """
    gaps = (chance.expovariate(rate) for _ in range(round(rate * seconds * 2) + 100))
    return [due for due in accumulate(gaps) if due < seconds]


def durations(timing: str) -> tuple[float, float, float]:
    """Detectors, database and total in milliseconds, as a Server-Timing header gives them.

    >>> durations("detectors;dur=4.50, database;dur=2.00, total;dur=9.25")
    (4.5, 2.0, 9.25)
    """
    named = dict(part.strip().split(";dur=") for part in timing.split(","))
    return float(named["detectors"]), float(named["database"]), float(named["total"])


def main() -> None:
    plan = Plan(**json.load(sys.stdin))

    async def run() -> Tally:
        return await _Generator(plan).run()

    # select() waits to the microsecond, where epoll and uvloop round up to the next millisecond.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        json.dump(asdict(runner.run(run())), sys.stdout)


if __name__ == "__main__":
    main()
