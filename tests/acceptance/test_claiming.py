"""Eight processes that claim from one queue never get the same case."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from moderation.core.case import Case, Reason, opened
from moderation.core.clock import Clock
from moderation.core.submission import Kind, Scene
from moderation.settings import Settings
from moderation.store import cases
from moderation.store.cases import Queue
from moderation.wiring import open_database
from tests.making import variables

PROCESSES, CASES = 8, 240

CLAIMER = """
import sys
from moderation.core.clock import Clock
from moderation.flows.enforce import EnforceFlow
from moderation.flows.review import ReviewFlow
from moderation.settings import Settings
from moderation.wiring import open_database, read_policy

settings, clock = Settings.read(), Clock()
policy, database = read_policy(settings.policy), open_database(settings)
review = ReviewFlow(database, policy, EnforceFlow(database, policy, clock), clock)
print("ready", flush=True)
sys.stdin.readline()
while case := review.claim_next(sys.argv[1]):
    print(case.id, flush=True)
"""


def test_eight_processes_claiming_from_one_queue_never_share_a_case(tmp_path: Path, database_url: str) -> None:
    environment = variables(tmp_path, database_url)
    database, clock = open_database(Settings.read(environment)), Clock()
    now = clock.now()
    for number in range(CASES):
        case = Case(
            id=clock.id("case"),
            screening_id=None,
            account_id=None,
            scene=Scene.POST,
            kinds=(Kind.POST,),
            categories=("gambling",),
            severity=1 + number % 4,
            reason=Reason.SCREENING,
            opened_at=now + timedelta(seconds=number),
        )
        with database.write() as tx:
            cases.add(tx, opened(case, "machine"))
    claimers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER, f"user:{number}"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for claimer in claimers:
        assert claimer.stdout is not None
        assert claimer.stdout.readline() == "ready\n"
    for claimer in claimers:
        assert claimer.stdin is not None
        claimer.stdin.write("go\n")
        claimer.stdin.flush()
    got = [claimer.communicate(timeout=120)[0].split() for claimer in claimers]
    assert all(claimer.returncode == 0 for claimer in claimers)
    claimed = [id for ids in got for id in ids]
    assert len(claimed) == CASES
    assert len(set(claimed)) == CASES, "a case was given to two"
    assert sum(bool(ids) for ids in got) > 1, "one process took all: nothing was contended"
    with database.read() as tx:
        for number, ids in enumerate(got):
            assert {case.id for case in cases.listed(tx, Queue(claimed_by=f"user:{number}"), CASES)} == set(ids)
    database.close()
