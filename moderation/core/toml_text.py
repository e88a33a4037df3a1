"""TOML text as values, or a problem that names the line."""

import re
import tomllib
from typing import Any

from moderation.core.errors import BadSetup, Problem


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """The values of a TOML text; `name` is what problems call the file. Raises BadSetup for what is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{name}:{line[1] if line else max(1, len(text.splitlines()))}"  # without a line: at the end
        raise BadSetup([Problem(where, f"is not TOML: {error}", "correct the line")]) from error
