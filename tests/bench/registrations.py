"""Registrations against the real service: steady rates, and the rate at which the slowest hundredth becomes too slow."""

import time
from collections.abc import Callable

from tests.bench.figures import Registrations, Steady, percentile
from tests.bench.load import Tally
from tests.bench.service import Service, running

RATES = (20, 50, 100)
BOUND_MS = 150.0
"""The p99 that marks the highest rate."""
FIRST, FACTOR, HIGHEST = 120.0, 1.25, 1000.0
HALVINGS = 2
"""How often the gap between the last good and the first bad rate is halved."""

Say = Callable[[str], None]


def measure(rounds: int, seconds: float, step: float, say: Say) -> tuple[Registrations, Registrations]:
    """With the classifier and keyword-only, in turn, each round on a fresh service.

    seconds  at each steady rate
    step     seconds at each rate of the search
    """
    both = {on: Registrations({rate: [] for rate in RATES}, [], True) for on in (True, False)}
    for number in range(1, rounds + 1):
        for on, found in both.items():
            name = "with classifier" if on else "keyword-only"
            with running(classifier=on) as service:
                service.load("warm", 30, 4, seed=number)
                for rate in RATES:
                    steady = _steady(service.load(f"s{rate}", rate, seconds, warmup=1, seed=number * 1000 + rate))
                    found.steady[rate].append(steady)
                    say(f"round {number}, {name}, {rate}/s: p50 {steady.p50:.1f} ms, p99 {steady.p99:.1f} ms")
                last = found.limits[-1] if found.limits else None
                limit, passed = _search(service, step, number, FIRST if last is None else last / FACTOR)
                found.limits.append(limit)
                both[on] = Registrations(found.steady, found.limits, found.sure and passed)
                say(f"round {number}, {name}: p99 passes {BOUND_MS:g} ms at about {limit:.0f}/s")
    return both[True], both[False]


def _search(service: Service, step: float, seed: int, first: float) -> tuple[float, bool]:
    """The rate at which p99 passes the bound, and whether it did before HIGHEST: steps up, then halving the gap."""
    good, rate = 0.0, first
    while rate <= HIGHEST and _holds(service, rate, step, seed):
        good, rate = rate, rate * FACTOR
    if rate > HIGHEST:
        return good, False
    bad = rate
    if not good:
        good = bad / FACTOR**2
    for _ in range(HALVINGS):
        rate = (good + bad) / 2
        if _holds(service, rate, step, seed + 1):
            good = rate
        else:
            bad = rate
    return (good + bad) / 2, True


def _holds(service: Service, rate: float, step: float, seed: int) -> bool:
    tally = service.load(f"x{rate:.2f}-{seed}", rate, step, warmup=0.5, seed=seed)
    holds = not (tally.overloaded or tally.errors) and percentile(tally.latency, 0.99) <= BOUND_MS
    if not holds:
        time.sleep(2)  # the worker finishes what was cut short
    return holds


def _steady(tally: Tally) -> Steady:
    answered = max(1, len(tally.unexplained))
    return Steady(
        requests=len(tally.latency),
        p50=percentile(tally.latency, 0.5),
        p99=percentile(tally.latency, 0.99),
        worst=max(tally.latency),
        errors=tally.errors,
        degraded=tally.degraded / answered,
        detectors=_middle(tally.detectors),
        database=_middle(tally.database),
        unexplained=_middle(tally.unexplained),
        outside=_middle(tally.outside),
        late=_middle(tally.late),
        generator=tally.cpu,
    )


def _middle(values: list[float]) -> float:
    return percentile(values, 0.5) if values else float("nan")
