"""Pictures through the real service: how long an avatar takes, what hostile files cost everybody else, and that none is lost."""

import base64
import io
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from tests.bench.figures import percentile
from tests.bench.service import Service, running
from tests.pictures import drawn, drawn_codes
from tests.pictures.hostile import hostile_files

CALLERS = (2, 4)
SIDE = 400
TEXT_RATE = 20
"""Registrations a second that go on meanwhile."""

DECODER = "moderation.pictures.decoding"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Avatars:
    """Milliseconds from sent to answered, of 400×400 avatars with all checks: medians over rounds of p50 and p99."""

    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Hostile:
    """Files that mean harm, sent by two callers while registrations go on.

    worst          seconds until the slowest file's answer
    unanswered     files without a verdict, or unchecked without a problem
    before, during p99 in ms of the registrations, alone and meanwhile
    growth         MB of resident memory of the service's processes that stayed, decoders aside
    decoder        MB, the largest a decoder was seen with
    """

    files: int
    worst: float
    unanswered: int
    before: float
    during: float
    growth: float
    decoder: float


@dataclass(frozen=True, slots=True)
class Kept:
    """Avatars through the worker while decoders are killed: how many were sent, came back with a verdict, and killings."""

    sent: int
    done: int
    killed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class PictureService:
    """All of it. plain: ms of CPU, over all processes, for a static 400×400 picture with nothing in it."""

    avatars: dict[int, Avatars]
    plain: float
    hostile: Hostile
    kept: Kept


def measure(rounds: int, each: int, lost: int, say: Say) -> PictureService:
    """each: avatars a caller sends in a round; lost: avatars sent through the worker while decoders are killed."""
    pictures = list(_avatars())
    found: dict[int, list[Avatars]] = {callers: [] for callers in CALLERS}
    with running(classifier=True) as service:
        client = _Client(service)
        client.together(2, pictures[:20])
        for number in range(rounds):
            for callers in CALLERS:
                sent = random.Random(number).choices(pictures, k=each * callers)
                times = [answer.seconds * 1000 for answer in client.together(callers, sent)]
                found[callers].append(Avatars(percentile(times, 0.5), percentile(times, 0.99)))
                say(
                    f"avatars, {callers} callers: p50 {found[callers][-1].p50:.0f} ms, p99 {found[callers][-1].p99:.0f} ms"
                )
        blank = _encoded(next(drawn.blanks()).pixels)
        before = _cpu_seconds(service.pid)
        client.together(1, [blank] * each)
        plain = (_cpu_seconds(service.pid) - before) * 1000 / each
        say(f"a picture with nothing in it: {plain:.0f} ms of CPU")
        hostile = _hostile(service, client, say)
        kept = _kept(service, client, random.Random(1).choices(pictures, k=lost), say)
    avatars = {
        callers: Avatars(percentile([a.p50 for a in all_], 0.5), percentile([a.p99 for a in all_], 0.5))
        for callers, all_ in found.items()
    }
    return PictureService(avatars, plain, hostile, kept)


@dataclass(frozen=True, slots=True)
class _Answer:
    seconds: float
    status: int
    body: Any

    @property
    def judged(self) -> bool:
        """Whether there is a verdict, and a reason where something was not looked at."""
        if self.status != 200:
            return self.status in (413, 422)
        [item] = self.body["items"]
        return item["verdict"] in ("pass", "review", "reject") and (not item["unchecked"] or bool(item["problem"]))


class _Client:
    def __init__(self, service: Service) -> None:
        self._url, self._sent = f"http://127.0.0.1:{service.port}", 0
        self._headers = {"Authorization": f"Bearer {service.key}"}
        self._lock = threading.Lock()

    def together(self, callers: int, pictures: Sequence[bytes]) -> list[_Answer]:
        """Sends the pictures at once, each caller the next when it has its answer."""
        with ThreadPoolExecutor(callers) as pool:
            return list(pool.map(self.screen, pictures))

    def screen(self, picture: bytes) -> _Answer:
        began = time.monotonic()
        answer = httpx.post(
            f"{self._url}/v1/screenings", json=self._body(picture, deadline_ms=10_000), headers=self._headers,
            timeout=30, trust_env=False,
        )  # fmt: skip
        return _Answer(time.monotonic() - began, answer.status_code, answer.json())

    def submit(self, pictures: Sequence[bytes]) -> list[str]:
        """Has the pictures screened by the worker; the ids."""
        bodies = [self._body(picture) for picture in pictures]
        answer = httpx.post(
            f"{self._url}/v1/submissions", json={"submissions": bodies}, headers=self._headers, timeout=60,
            trust_env=False,
        )  # fmt: skip
        answer.raise_for_status()
        return [one["id"] for one in answer.json()]

    def verdict(self, id: str) -> str | None:
        answer = httpx.get(f"{self._url}/v1/screenings/{id}", headers=self._headers, timeout=30, trust_env=False).json()
        found: str | None = answer["verdict"]
        return found

    def _body(self, picture: bytes, **more: object) -> dict[str, object]:
        with self._lock:
            self._sent += 1
            key = f"picture-{os.getpid()}-{self._sent}"
        image = {"base64": base64.b64encode(picture).decode("ascii")}
        item = {"kind": "avatar", "image": image}
        return {"idempotency_key": key, "scene": "registration", "account": {"id": key}, "items": [item], **more}


def _avatars() -> Iterator[bytes]:
    """Avatars as people have them: a quarter with text, a tenth with a code, the rest with neither."""
    for pictures, share in ((drawn.texts(), 40), (drawn_codes.codes(), 16), (drawn.blanks(each=12), 104)):
        for picture in random.Random(share).sample(list(pictures), share):
            yield _encoded(picture.pixels)


def _encoded(pixels: drawn.Pixels) -> bytes:
    out = io.BytesIO()
    picture = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    picture.save(out, "PNG") if picture.mode == "RGBA" else picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def _hostile(service: Service, client: _Client, say: Say) -> Hostile:
    files = [content for content in hostile_files().values() if len(content) < 5_900_000]
    alone = service.load("alone", TEXT_RATE, 30, warmup=2, seed=1)
    before = _resident(service.pid)
    largest, stop = [0.0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.05):
            largest[0] = max([largest[0], *(_megabytes(pid) for pid in decoders(service.pid))])

    watching = threading.Thread(target=watch)
    watching.start()
    with ThreadPoolExecutor(1) as aside:
        answering = aside.submit(client.together, 2, files)
        loads: list[float] = []
        while not answering.done():
            loads += service.load(f"meanwhile-{len(loads)}", TEXT_RATE, 15, warmup=1, seed=2 + len(loads)).latency
        answers = answering.result()
    stop.set()
    watching.join()
    time.sleep(2)
    found = Hostile(
        files=len(files),
        worst=max(answer.seconds for answer in answers),
        unanswered=sum(not answer.judged for answer in answers),
        before=percentile(alone.latency, 0.99),
        during=percentile(loads, 0.99),
        growth=_resident(service.pid) - before,
        decoder=largest[0],
    )
    say(f"hostile files: {found}")
    return found


def _kept(service: Service, client: _Client, pictures: Sequence[bytes], say: Say) -> Kept:
    began, killed, stop, chance = time.monotonic(), [0], threading.Event(), random.Random(1)

    def kill() -> None:
        while not stop.wait(0.5):
            for pid in chance.sample(found := decoders(service.pid), min(1, len(found))):
                os.kill(pid, signal.SIGKILL)
                killed[0] += 1

    killing = threading.Thread(target=kill)
    killing.start()
    ids = [id for at in range(0, len(pictures), 50) for id in client.submit(pictures[at : at + 50])]
    waiting = list(ids)
    while waiting and time.monotonic() - began < 1200:
        waiting = [id for id in waiting if client.verdict(id) is None]
        time.sleep(1)
    stop.set()
    killing.join()
    found = Kept(len(ids), len(ids) - len(waiting), killed[0], time.monotonic() - began)
    say(f"avatars through the worker while decoders are killed: {found}")
    return found


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(folder.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def decoders(pid: int) -> list[int]:
    """The processes below this one that decode pictures."""
    return [one for one in _family(pid) if DECODER in _read(one, "cmdline")]


def _resident(pid: int) -> float:
    """MB of memory of the service's processes but for the decoders, which are counted apart."""
    aside = set(decoders(pid))
    return sum(_megabytes(one) for one in _family(pid) if one not in aside)


def _megabytes(pid: int) -> float:
    fields = _read(pid, "statm").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if fields else 0.0


def _cpu_seconds(pid: int) -> float:
    """Of all processes, those that ended included."""
    ticks = 0
    for one in _family(pid):
        fields = _read(one, "stat").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15])) if fields else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def _read(pid: int, name: str) -> str:
    try:
        return (Path("/proc") / str(pid) / name).read_text(errors="replace")
    except OSError:
        return ""


def main() -> None:
    """The hostile files alone."""
    with running(classifier=True) as service:
        client = _Client(service)
        client.together(2, list(_avatars())[:40])
        _hostile(service, client, print)


if __name__ == "__main__":
    main()
