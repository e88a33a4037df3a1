"""Every other command: what it prints, and its exit codes."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from typer.main import get_command

from moderation import __version__
from moderation.cli import app
from moderation.core.events import Event
from moderation.settings import Settings
from moderation.store import access, audit, outbox
from moderation.store.database import Database
from moderation.wiring import open_database
from tests.cli.conftest import Cli
from tests.making import BAD, GOOD, START, services


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command that does something, with its words."""
    below = getattr(command, "commands", {})
    if not below:
        yield path, command
    for name, each in below.items():
        yield from leaves(each, (*path, name))


COMMANDS = dict(leaves(get_command(app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example_of_itself(cli: Cli, path: tuple[str, ...]) -> None:
    said = cli(*path, "--help")
    assert said.code == 0
    assert COMMANDS[path].help
    assert re.search(rf"Example: moderation {' '.join(path)}\b", " ".join(said.out.split()))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    for parameter in COMMANDS[path].params:
        assert parameter.name == "help" or parameter.help, parameter.name


def test_the_version_is_told(cli: Cli) -> None:
    said = cli("--version")
    assert (said.code, said.out) == (0, f"{__version__}\n")


def database(cli: Cli) -> Database:
    return open_database(Settings.read())


# policy


def test_a_good_policy_is_told_with_its_version(cli: Cli) -> None:
    said = cli("policy", "check")
    assert said.code == 0 and "24 categories, version 2026-11-28+" in said.out


def test_a_bad_policy_is_told_with_its_line_and_its_fix(cli: Cli) -> None:
    path = cli.folder / "p.toml"
    path.write_text('version = "1"\neffective = 5\n', encoding="utf-8")
    said = cli("policy", "check", "--file", str(path))
    assert said.code == 78
    assert f"{path}:2: effective is not a date; write effective = 2026-11-22" in said.err
    path.write_bytes(b"\xff")
    assert cli("policy", "check", "--file", str(path)).code == 78
    assert cli("policy", "check", "--file", "/nowhere.toml").code == 66
    assert cli("policy", "check", "--file", "/").code >= 64


# audit


def test_a_whole_log_verifies_and_one_that_was_touched_does_not(cli: Cli) -> None:
    assert "whole: 0 records" in cli("audit", "verify").out
    with closing(database(cli)) as opened:
        with opened.write() as tx:
            audit.append(tx, [Event("account:1", "measure.applied", START, "user:li", {"n": n}) for n in range(3)])
        said = cli("audit", "verify")
        assert (said.code, said.out) == (0, "the event log is whole: 3 records\n")
        with opened.write() as tx:
            tx.exec_driver_sql("DROP TRIGGER events_no_update")
            tx.exec_driver_sql("UPDATE events SET actor = 'user:wang' WHERE sequence = 2")
    said = cli("audit", "verify")
    assert said.code == 65 and "record 2 (measure.applied, account:1)" in said.err


# users, keys and webhooks


def test_users_are_added_listed_given_a_password_and_shut_out(cli: Cli) -> None:
    added = cli("users", "add", "李", "--role", "admin")
    assert added.code == 0
    name, password = added.out.split()
    assert name == "李"
    assert cli("users", "add", "李").code == 70
    assert cli("users", "list").out == "李  admin\n"
    _, second = cli("users", "password", "李").out.split()
    with closing(database(cli)) as opened, opened.read() as tx:
        assert access.signed_in(tx, "李", password) is None
        assert access.signed_in(tx, "李", second)
    assert cli("users", "disable", "李").code == 0
    assert cli("users", "list").out == "李  admin  disabled\n"


ERRORS: dict[str, tuple[list[str], int]] = {
    "a user nobody knows": (["users", "password", "nobody"], 70),
    "shutting out nobody": (["users", "disable", "nobody"], 70),
    "a role nobody has": (["users", "add", "li", "--role", "king"], 64),
    "a name that cannot be": (["users", "add", "a\nb"], 65),
    "a key without a scope": (["keys", "create", "signup"], 64),
    "a key with an odd scope": (["keys", "create", "signup", "--scope", "all"], 65),
    "a key nobody has": (["keys", "revoke", "key_9"], 70),
    "a webhook without an event": (["webhooks", "add", "http://127.0.0.1/"], 64),
    "a webhook with an odd event": (["webhooks", "add", "http://127.0.0.1/", "--event", "x"], 65),
    "a webhook nowhere": (["webhooks", "add", "nowhere", "--event", "*"], 65),
    "a webhook nobody has": (["webhooks", "remove", "hook_9"], 70),
    "a group without a command": (["users"], 64),
    "a rescan of nothing": (["rescan", "run"], 64),
    "a rescan of both": (["rescan", "run", "--all", "--file", "x.csv"], 64),
    "a rescan of a file that is not there": (["rescan", "run", "--file", "/nowhere.csv"], 66),
    "results in an odd format": (["rescan", "run", "--all", "--out", "r.txt"], 65),
    "a run nobody knows": (["rescan", "status", "run_9"], 70),
    "an import that is not there": (["profiles", "import", "/nowhere.csv"], 66),
    "a port that is none": (["serve", "--port", "70000"], 64),
}


@pytest.mark.parametrize("mistake", ERRORS)
def test_a_mistake_is_told_with_its_exit_code(cli: Cli, mistake: str) -> None:
    arguments, code = ERRORS[mistake]
    said = cli(*arguments)
    assert said.code == code, said
    assert "Traceback" not in said.err and (said.err or mistake == "a group without a command")


def test_keys_are_made_listed_and_revoked(cli: Cli) -> None:
    made = cli("keys", "create", "signup", "--scope", "screen", "--scope", "evidence")
    key = made.out.strip()
    assert made.code == 0 and key.startswith("mk_")
    listed = cli("keys", "list").out
    id, owner, scopes, _ = listed.split()
    assert (owner, scopes) == ("signup", "evidence,screen") and key not in listed
    assert cli("keys", "revoke", id).code == 0
    assert cli("keys", "list").out.strip().endswith("revoked")
    with closing(database(cli)) as opened, opened.read() as tx:
        assert access.key(tx, key) is None


def test_webhooks_are_added_listed_and_removed(cli: Cli) -> None:
    added = cli("webhooks", "add", "http://127.0.0.1:9/hook", "--event", "measure.applied", "--event", "case.resolved")
    id, secret = added.out.split()
    assert added.code == 0 and secret.startswith("whsec_")
    assert cli("webhooks", "list").out == f"{id}  http://127.0.0.1:9/hook  measure.applied,case.resolved\n"
    assert cli("webhooks", "remove", id).code == 0
    assert cli("webhooks", "list").out == ""


def test_a_private_webhook_is_refused_in_production(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODERATION_ALLOW_PRIVATE_HOSTS", "off")
    said = cli("webhooks", "add", "https://127.0.0.1/", "--event", "*")
    assert said.code == 65 and "MODERATION_ALLOW_PRIVATE_HOSTS" in said.err


# rescans


def test_profiles_are_imported_rescanned_and_written_out(cli: Cli) -> None:
    rows = [{"account_id": "1", "bio": GOOD}, {"account_id": "2", "bio": BAD}]
    file = cli.folder / "p.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    imported = cli("profiles", "import", str(file))
    assert imported.code == 0 and json.loads(imported.err) == {"imported": 2}
    with services(cli.folder, f"sqlite:///{cli.folder / 'moderation.db'}") as made:
        run, _ = made.rescan.begin(None)
        list(made.rescan.plan(run, None))
        with made.database.read() as tx:
            chunks = [row.id for row in tx.exec_driver_sql("SELECT id FROM rescan_chunks")]
        assert f"{run.id}  all  0/2" in cli("rescan", "status").out
        made.rescan.screen(chunks)
    for name in ("r.jsonl", "r.parquet"):
        said = cli("rescan", "run", "--all", "--out", str(cli.folder / name))
        assert said.code == 0, said.err
        if name == "r.jsonl":  # the run that was done already; the next one is new, and no worker is there for it
            assert json.loads(said.out) == {"run": run.id, "pass": 1, "review": 0, "reject": 1}
            break
    written = [json.loads(line) for line in (cli.folder / "r.jsonl").read_text("ascii").splitlines()]
    assert [list(row) for row in written] == [["account_id", "kind", "verdict", "findings"]] * 2
    assert [(row["account_id"], row["verdict"]) for row in written] == [("1", "pass"), ("2", "reject")]
    said = cli("rescan", "status", run.id, "--out", str(cli.folder / "r.parquet"))
    assert said.code == 0 and f"{run.id}  2/2" in said.out
    from pyarrow import parquet

    table = parquet.read_table(cli.folder / "r.parquet").to_pylist()
    assert [row["verdict"] for row in table] == ["pass", "reject"] and json.loads(table[0]["findings"]) == []


def test_a_bad_profile_is_named_with_its_row(cli: Cli) -> None:
    file = cli.folder / "p.csv"
    file.write_text("account_id,bio\n1,x\n,y\n", encoding="utf-8")
    said = cli("profiles", "import", str(file))
    assert said.code == 65 and f"{file}:2.account_id" in said.err


def test_what_waits_for_a_webhook_is_given_up_when_it_is_removed(cli: Cli) -> None:
    id, _ = cli("webhooks", "add", "http://127.0.0.1:9/", "--event", "*").out.split()
    with services(cli.folder, f"sqlite:///{cli.folder / 'moderation.db'}") as made:
        with made.database.write() as tx:
            outbox.put(tx, made.clock, "measure.applied", {})
        cli("webhooks", "remove", id)
        assert len(made.deliver.dead()) == 1
