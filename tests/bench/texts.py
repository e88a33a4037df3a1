"""Registrations as a community sees them: usernames and bios invented in texts.toml, one in ten of them in violation."""

import random
import tomllib
from pathlib import Path

VIOLATING = 0.1
"""The share of registrations that are meant to be refused or reviewed."""

_TEXTS = tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))


def registration(chance: random.Random) -> tuple[str, str]:
    """A username and a bio, of at most 20 and 80 characters.

    >>> chance = random.Random(0)
    >>> drawn = {registration(chance) for _ in range(2000)}
    >>> len(drawn) > 1900, max(len(name) for name, _ in drawn) <= 20, max(len(bio) for _, bio in drawn) <= 80
    (True, True, True)
    """
    bad = chance.random() < VIOLATING
    if bad and chance.random() < 0.4:
        return _one_of("bad_names", chance), clean(chance)
    name = _one_of("names", chance) + _one_of("tails", chance)
    return name, violating(chance) if bad else clean(chance)


def clean(chance: random.Random) -> str:
    """A bio in which nothing is meant to be found."""
    return _one_of("bios", chance)


def violating(chance: random.Random) -> str:
    """A bio in which listed terms stand."""
    return _one_of("bad_bios", chance)


def _one_of(texts: str, chance: random.Random) -> str:
    filling = {name: chance.choice(choices) for name, choices in _TEXTS["fillings"].items()}
    city2, year = chance.choice(_TEXTS["fillings"]["city"]), chance.randrange(1965, 2010)
    text: str = chance.choice(_TEXTS[texts])
    return text.format(**filling, city2=city2, year=year, n=chance.randrange(10, 1000))
