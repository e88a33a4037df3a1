"""A rescan whose worker is killed half-way gives each profile exactly one result."""

import collections
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from moderation.settings import Settings
from moderation.store.submissions import WorkStatus
from moderation.store.tables import cases, rescan_chunks
from moderation.wiring import open_database
from tests.acceptance.processes import Process, until
from tests.making import BAD, GOOD, HELD, variables
from tests.servers import Valkey

PROFILES = 20_000


def test_20_000_profiles_rescanned_while_a_worker_is_killed_have_one_result_each(
    tmp_path: Path, valkey: Valkey
) -> None:
    environment = variables(tmp_path, f"sqlite:///{tmp_path / 'moderation.db'}", REDIS_URL=valkey.url)
    file, out = tmp_path / "profiles.csv", tmp_path / "results.jsonl"
    with file.open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(["account_id", "username", "bio"])
        for number in range(PROFILES):
            bio = BAD if number % 500 == 0 else HELD if number % 500 == 1 else GOOD
            table.writerow([f"account-{number}", f"用户{number}", bio])
    database = open_database(Settings.read(environment))

    def done() -> int:
        finished = rescan_chunks.c.status == WorkStatus.DONE.value
        with database.read() as tx:
            return tx.scalar(select(func.coalesce(func.sum(rescan_chunks.c.size), 0)).where(finished)) or 0

    workers = [Process(tmp_path, f"worker-{number}", environment, "worker") for number in range(2)]
    command = [sys.executable, "-m", "moderation", "rescan", "run", "--file", str(file), "--out", str(out)]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MODERATION_")}
    rescan = subprocess.Popen(
        command, env=clean | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: done() >= PROFILES // 4, "a quarter is done", 120)
        assert done() < PROFILES, "the worker was to be killed half-way"
        workers[0].kill()
        printed, progress = rescan.communicate(timeout=180)
    finally:
        rescan.kill()
        for worker in workers:
            worker.stop()
    assert rescan.returncode == 0, progress
    counts = json.loads(printed)
    assert {verdict: counts[verdict] for verdict in ("reject", "review")} == {"reject": 40, "review": 40}
    results = [json.loads(line) for line in out.read_text("ascii").splitlines()]
    fields = collections.Counter((result["account_id"], result["kind"]) for result in results)
    assert len(fields) == 2 * PROFILES
    assert set(fields.values()) == {1}
    told = [json.loads(line) for line in progress.splitlines() if line.startswith("{")]
    assert {"screened": PROFILES, "of": PROFILES} in told
    with database.read() as tx:
        opened = collections.Counter(tx.scalars(select(cases.c.account_id)))
    assert len(opened) == 80
    assert set(opened.values()) == {1}
    database.close()
