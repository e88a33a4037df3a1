"""API keys, users and this installation's secrets."""

import pytest

from moderation.core.errors import BadInput, Conflict, NotFound
from moderation.store import access
from moderation.store.access import Role, Showing
from moderation.store.database import Database
from tests.making import START

GOOD = "correct horse"


def test_a_key_opens_what_its_scopes_say_until_it_is_revoked(database: Database) -> None:
    with database.write() as tx:
        presented = access.add_key(tx, "key_1", "signup", frozenset({"screen", "evidence"}), START)
        found = access.key(tx, presented)
        assert found and (found.id, found.owner) == ("key_1", "signup")
        assert found.scopes == frozenset({"screen", "evidence"})
        access.revoke_key(tx, "key_1", START)
        assert access.key(tx, presented) is None
        assert [key.revoked_at for key in access.all_keys(tx)] == [START]


@pytest.mark.parametrize("presented", ["", "mk_", "mk_\x00", "\ud800", "名" * 5000])
def test_what_is_no_key_opens_nothing(database: Database, presented: str) -> None:
    with database.read() as tx:
        assert access.key(tx, presented) is None


def test_a_key_is_kept_only_as_a_digest(database: Database) -> None:
    with database.write() as tx:
        presented = access.add_key(tx, "key_1", "signup", frozenset({"screen"}), START)
        stored = tx.exec_driver_sql("SELECT * FROM api_keys").first()
    assert stored is not None and all(presented not in str(value) for value in stored)


@pytest.mark.parametrize("scopes", [frozenset[str](), frozenset({"screen", "everything"})])
def test_a_key_without_a_known_scope_is_refused(database: Database, scopes: frozenset[str]) -> None:
    with pytest.raises(BadInput) as refused, database.write() as tx:
        access.add_key(tx, "key_1", "signup", scopes, START)
    assert "screen" in refused.value.problems[0].fix


@pytest.mark.parametrize("name", ["", "a" * 101, "a\x00", "\ud800", "a\nb"])
def test_a_name_that_no_database_takes_is_refused(database: Database, name: str) -> None:
    with pytest.raises(BadInput), database.write() as tx:
        access.add_key(tx, "key_1", name, frozenset({"screen"}), START)
    with pytest.raises(BadInput), database.write() as tx:
        access.add_user(tx, "user_1", name, GOOD, Role.ADMIN, START)


def test_no_revoking_what_is_not_there(database: Database) -> None:
    with database.write() as tx:
        with pytest.raises(NotFound):
            access.revoke_key(tx, "key_9", START)
        with pytest.raises(NotFound):
            access.disable_user(tx, "li", START)
        with pytest.raises(NotFound):
            access.set_password(tx, "li", GOOD)


def test_a_user_signs_in_with_the_right_password_only(database: Database) -> None:
    with database.write() as tx:
        li = access.add_user(tx, "user_1", "李", GOOD, Role.REVIEWER, START)
        assert access.signed_in(tx, "李", GOOD) == li == access.user(tx, "user_1")
        for username, password in (("李", "wrong horse"), ("wang", GOOD), ("李\x00", GOOD), ("\ud800", GOOD),
                                   ("李", "\ud800\x00"), ("", "")):  # fmt: skip
            assert access.signed_in(tx, username, password) is None
        access.set_password(tx, "李", "another horse")
        assert access.signed_in(tx, "李", GOOD) is None
        assert access.signed_in(tx, "李", "another horse") == li
        access.disable_user(tx, "李", START)
        assert access.signed_in(tx, "李", "another horse") is None and access.user(tx, "user_1") is None
        assert [user.disabled_at for user in access.all_users(tx)] == [START]


def test_a_name_is_given_once(database: Database) -> None:
    with database.write() as tx:
        access.add_user(tx, "user_1", "li", GOOD, Role.ADMIN, START)
        with pytest.raises(Conflict):
            access.add_user(tx, "user_2", "li", GOOD, Role.ADMIN, START)
        assert len(access.all_users(tx)) == 1


def test_a_short_password_is_refused(database: Database) -> None:
    with database.write() as tx:
        with pytest.raises(BadInput):
            access.add_user(tx, "user_1", "li", "123456789", Role.ADMIN, START)
        access.add_user(tx, "user_1", "li", "1234567890", Role.ADMIN, START)


def test_a_secret_is_made_once(database: Database) -> None:
    with database.write() as tx:
        first = access.secret(tx, "session")
    with database.write() as tx:
        assert access.secret(tx, "session") == first and len(first) == 32
        assert access.secret(tx, "other") != first


def test_how_pictures_are_shown_is_kept_with_the_user(database: Database) -> None:
    with database.write() as tx:
        assert access.add_user(tx, "user_1", "li", GOOD, Role.ADMIN, START).pictures is Showing.BLURRED
        access.add_user(tx, "user_2", "wang", GOOD, Role.REVIEWER, START)
        for showing in Showing:
            access.set_pictures(tx, "user_1", showing)
            shown = {user.username: user.pictures for user in access.all_users(tx)}
            assert shown == {"li": showing, "wang": Showing.BLURRED}
        with pytest.raises(NotFound):
            access.set_pictures(tx, "user_3", Showing.GREY)
