"""What the environment says, read once and checked; the only reader of the environment."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import quote

from moderation.core.errors import BadSetup, Problem

PREFIX = "MODERATION_"
PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent

DATABASES = ("sqlite:///", "postgresql://", "postgresql+psycopg://")
QUEUES = ("redis://", "rediss://", "unix://")
SWITCH = {"1": True, "on": True, "true": True, "yes": True, "0": False, "off": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and what is switched on; each is read from the variable MODERATION_ and its name in capitals.

    database_url         "sqlite:///path" or "postgresql://…"; by default moderation.db in `var`
    redis_url            "redis://…", "rediss://…" or "unix://path"; None: `moderation run` brings its own Valkey
    var                  folder for all that is written; made when first needed
    policy               the policy file; by default the one in the package
    wordlists, models    folders of the word lists and the trained models; by default those beside the package
    allow_private_hosts  calls to loopback and private addresses; for tests and development only
    metrics_open         /metrics needs no key
    classifier           off leaves screening to the keywords, contacts and names, without the model
    images               off leaves every picture to a person, unchecked
    pictures             where pictures are kept: a folder, or an address that fsspec knows, such as "s3://bucket/pictures"
    picture_limits       JSON of the limits of `moderation.pictures.limits` that are to differ, such as {"max_bytes": 8000000}

    Paths are absolute. The addresses may hold passwords, so they are not in its repr.

    >>> Settings.read({"MODERATION_VAR": "/srv/moderation"}).database_url
    'sqlite:////srv/moderation/moderation.db'
    """

    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    var: Path
    policy: Path
    wordlists: Path
    models: Path
    allow_private_hosts: bool
    metrics_open: bool
    classifier: bool
    images: bool
    pictures: str
    picture_limits: str

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None, *, var: Path | None = None) -> "Settings":
        """The settings in these variables, by default the process's own; an empty one counts as unset.

        var  goes before MODERATION_VAR

        Raises BadSetup naming every variable that cannot be used, unknown MODERATION_ ones included.
        """
        reading = _Reading(os.environ if environ is None else environ)
        named = reading.path("VAR", Path("var"))
        var = var.absolute() if var else named
        settings = cls(
            database_url=reading.address("DATABASE_URL", DATABASES) or f"sqlite:///{var / 'moderation.db'}",
            redis_url=reading.address("REDIS_URL", QUEUES),
            var=var,
            policy=reading.path("POLICY", PACKAGE / "policy.toml", Path.is_file, "file"),
            wordlists=reading.path("WORDLISTS", ROOT / "wordlists", Path.is_dir, "folder"),
            models=reading.path("MODELS", ROOT / "models", Path.is_dir, "folder"),
            allow_private_hosts=reading.switch("ALLOW_PRIVATE_HOSTS", False),
            metrics_open=reading.switch("METRICS_OPEN", False),
            classifier=reading.switch("CLASSIFIER", True),
            images=reading.switch("IMAGES", True),
            pictures=reading.text("PICTURES") or str(var / "pictures"),
            picture_limits=reading.text("PICTURE_LIMITS") or "{}",
        )
        reading.finish()
        return settings

    @property
    def local_queue(self) -> Path:
        """The socket of the Valkey that `moderation run` brings when `redis_url` is None."""
        return self.var / "valkey.sock"

    @property
    def queue_url(self) -> str:
        """The address of the job queue: the one that was named, else that of the local Valkey, whether it runs or not.

        >>> Settings.read({"MODERATION_VAR": "/srv/state of things"}).queue_url
        'unix:///srv/state%20of%20things/valkey.sock'
        """
        return self.redis_url or f"unix://{quote(str(self.local_queue))}"

    def environment(self) -> dict[str, str]:
        """The process's environment with these settings in it, for a child: `read` there gives the same settings."""
        others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        return others | self.variables()

    def variables(self) -> dict[str, str]:
        """The MODERATION_ variables that `read` turns into these settings.

        >>> settings = Settings.read({"MODERATION_CLASSIFIER": "off"})
        >>> Settings.read(settings.variables()) == settings
        True
        """
        texts = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "VAR": str(self.var),
            # What read takes by default need not be there; what is named must.
            "POLICY": str(self.policy) if self.policy.is_file() else None,
            "WORDLISTS": str(self.wordlists) if self.wordlists.is_dir() else None,
            "MODELS": str(self.models) if self.models.is_dir() else None,
            "ALLOW_PRIVATE_HOSTS": "on" if self.allow_private_hosts else "off",
            "METRICS_OPEN": "on" if self.metrics_open else "off",
            "CLASSIFIER": "on" if self.classifier else "off",
            "IMAGES": "on" if self.images else "off",
            "PICTURES": self.pictures,
            "PICTURE_LIMITS": self.picture_limits,
        }
        return {PREFIX + name: text for name, text in texts.items() if text is not None}


class _Reading:
    """One pass over the variables: remembers which names it was asked for and what was wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
        self._known: set[str] = set()
        self._problems: list[Problem] = []

    def path(
        self, name: str, default: Path, there: Callable[[Path], bool] = lambda path: True, what: str = "path"
    ) -> Path:
        """The path as an absolute one; a path that was named, unlike a default, has to be there."""
        text = self.text(name)
        if text is None:
            return default.absolute()
        path = Path(text).expanduser().absolute()
        if not there(path):
            self._refuse(
                name, f"there is no {what} {path}", f"name an existing {what}, or leave it unset for {default}"
            )
        return path

    def address(self, name: str, schemes: tuple[str, ...]) -> str | None:
        text = self.text(name)
        # Only the part before the colon is repeated: the rest may hold a password.
        if text is not None and not any(len(text) > len(scheme) and text.startswith(scheme) for scheme in schemes):
            reason = (
                f"is no address of a known kind (it starts with {text.split(':')[0]!r})"
                if ":" in text
                else "is no address"
            )
            self._refuse(name, reason, "start it with " + ", ".join(schemes))
        return text

    def switch(self, name: str, default: bool) -> bool:
        text = self.text(name)
        if text is None:
            return default
        if text.lower() not in SWITCH:
            self._refuse(name, f"{text!r} is neither on nor off", "set it to on or off")
        return SWITCH.get(text.lower(), default)

    def finish(self) -> None:
        for name in sorted(self._given.keys() - self._known):
            # Compared without the prefix, which makes all of them alike.
            near = get_close_matches(
                name.removeprefix(PREFIX), [known.removeprefix(PREFIX) for known in self._known], n=1
            )
            fix = f"did you mean {PREFIX}{near[0]}?" if near else "known are " + ", ".join(sorted(self._known))
            self._problems.append(Problem(name, "is no setting", fix))
        if self._problems:
            raise BadSetup(self._problems)

    def text(self, name: str) -> str | None:
        self._known.add(PREFIX + name)
        return self._given.get(PREFIX + name, "").strip() or None

    def _refuse(self, name: str, reason: str, fix: str) -> None:
        self._problems.append(Problem(PREFIX + name, reason, fix))
