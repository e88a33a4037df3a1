"""What compiled word lists cost: CPU time to compile and to load them, and the memory that they take.

Run as a process of its own, `python -m tests.bench.lexicons FOLDER KEPT_IN CATEGORY…`, it loads lists that were compiled
before and prints by how much that made it grow, as JSON.
"""

import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from moderation.text.lexicon import Lexicon, load_lexicon
from moderation.text.scanning import the_scanner


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of one folder. Seconds are CPU seconds, medians; bytes of memory are resident ones.

    terms     live and shadow terms
    compile   seconds to read, check and compile them
    load      seconds to load them once they are kept: hashing the lists to see that they are the same included
    slowest   of the same
    kept      bytes of the file
    loaded    bytes by which a fresh process that can fold already grows when it loads them
    used      bytes by which it grows more when the first term is found
    """

    terms: int
    compile: float
    load: float
    slowest: float
    kept: int
    loaded: int
    used: int


def measure(folder: Path, categories: Collection[str], kept_in: Path, compilings: int, loadings: int) -> Lists:
    """Compiles the lists of a folder so many times, keeps them in another one, empty so far, and loads them so many times."""
    the_scanner()
    compiling = [_seconds(lambda: load_lexicon(folder, categories)) for _ in range(compilings)]
    lexicon = load_lexicon(folder, categories, kept_in)
    loading = [_seconds(lambda: load_lexicon(folder, categories, kept_in)) for _ in range(loadings)]
    [kept] = kept_in.glob("*.lexicon")
    command = [sys.executable, "-m", "tests.bench.lexicons", str(folder), str(kept_in), *categories]
    told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return Lists(
        terms=lexicon.terms,
        compile=median(compiling),
        load=median(loading),
        slowest=max(loading),
        kept=kept.stat().st_size,
        loaded=told["loaded"],
        used=told["used"],
    )


def _seconds(doing: Callable[[], Lexicon]) -> float:
    gc.collect()
    began = time.process_time()
    doing()
    return time.process_time() - began


def main() -> None:
    folder, kept_in, *categories = sys.argv[1:]
    the_scanner()
    before = _resident()
    lexicon = load_lexicon(Path(folder), categories, Path(kept_in))
    loaded = _resident()
    lexicon.term(0)
    print(json.dumps({"loaded": loaded - before, "used": _resident() - loaded}))


def _resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    main()
