"""The environment is read once, checked whole, and refused with a reason and a fix."""

from pathlib import Path

import pytest

from moderation.core.errors import BadSetup, Problem
from moderation.settings import Settings


def problems_of(variables: dict[str, str]) -> dict[str, Problem]:
    with pytest.raises(BadSetup) as refusal:
        Settings.read(variables)
    return {problem.field: problem for problem in refusal.value.problems}


def test_nothing_set_gives_a_working_set_up_beside_the_package() -> None:
    settings = Settings.read({})
    assert settings.var == Path("var").absolute()
    assert settings.database_url == f"sqlite:///{Path('var/moderation.db').absolute()}"
    assert settings.redis_url is None
    assert settings.policy.is_file()
    assert settings.wordlists == Path(__file__).resolve().parents[1] / "wordlists"
    assert (settings.allow_private_hosts, settings.metrics_open, settings.classifier) == (False, False, True)


def test_every_variable_is_read(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.touch()
    settings = Settings.read(
        {
            "MODERATION_DATABASE_URL": "postgresql://me:secret@db/moderation",
            "MODERATION_REDIS_URL": "redis://:hidden@queue:6379/0",
            "MODERATION_VAR": str(tmp_path / "state"),
            "MODERATION_POLICY": str(policy),
            "MODERATION_WORDLISTS": str(tmp_path),
            "MODERATION_MODELS": str(tmp_path),
            "MODERATION_ALLOW_PRIVATE_HOSTS": "1",
            "MODERATION_METRICS_OPEN": "on",
            "MODERATION_CLASSIFIER": "off",
            "MODERATION_IMAGES": "off",
            "MODERATION_PICTURES": "s3://bucket/pictures",
            "MODERATION_PICTURE_LIMITS": '{"max_bytes": 7}',
            "PATH": "/usr/bin",
        }
    )
    assert settings == Settings(
        database_url="postgresql://me:secret@db/moderation",
        redis_url="redis://:hidden@queue:6379/0",
        var=tmp_path / "state",
        policy=policy,
        wordlists=tmp_path,
        models=tmp_path,
        allow_private_hosts=True,
        metrics_open=True,
        classifier=False,
        images=False,
        pictures="s3://bucket/pictures",
        picture_limits='{"max_bytes": 7}',
    )
    assert "secret" not in repr(settings)
    assert "hidden" not in repr(settings)
    assert Settings.read(settings.variables()) == settings


def test_an_empty_variable_counts_as_unset() -> None:
    assert Settings.read({"MODERATION_CLASSIFIER": "", "MODERATION_VAR": " "}) == Settings.read({})


def test_a_mistyped_name_is_refused_with_the_one_that_was_meant() -> None:
    assert problems_of({"MODERATION_DATABSE_URL": "x"})["MODERATION_DATABSE_URL"].fix == (
        "did you mean MODERATION_DATABASE_URL?"
    )
    assert "MODERATION_POLICY" in problems_of({"MODERATION_QQ": "x"})["MODERATION_QQ"].fix


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    problems = problems_of(
        {
            "MODERATION_DATABASE_URL": "mysql://me:secret@db/moderation",
            "MODERATION_REDIS_URL": "secret",
            "MODERATION_POLICY": str(tmp_path / "absent.toml"),
            "MODERATION_WORDLISTS": str(tmp_path / "absent"),
            "MODERATION_METRICS_OPEN": "perhaps",
        }
    )
    assert len(problems) == 5
    assert "'mysql'" in problems["MODERATION_DATABASE_URL"].reason
    assert "postgresql://" in problems["MODERATION_DATABASE_URL"].fix
    assert "absent.toml" in problems["MODERATION_POLICY"].reason
    assert problems["MODERATION_METRICS_OPEN"].fix == "set it to on or off"
    assert not any("secret" in str(problem) for problem in problems.values())


def test_a_child_gets_these_settings_and_not_the_parent_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODERATION_REDIS_URL", "redis://elsewhere")
    monkeypatch.setenv("LANG", "C.UTF-8")
    settings = Settings.read({"MODERATION_VAR": "/srv/state"})
    environment = settings.environment()
    assert environment["LANG"] == "C.UTF-8"
    assert Settings.read(environment) == settings
