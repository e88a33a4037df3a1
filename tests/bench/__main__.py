"""`python -m tests.bench [--quick]`: runs all benchmarks and writes docs/benchmarks.md."""

import argparse
import os
import sys
import time
from pathlib import Path

from tests.bench import beside_bert, engines, keyword_engine, picture_report, registrations, report
from tests.bench.figures import Figures
from tests.bench.keyword_engine import Effort

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"

QUICK = Effort(rounds=3, compilings=1, texts=5_000, bulk_bytes=3_000_000, per_fold=50)
THOROUGH = Effort(rounds=9, compilings=3, texts=20_000, bulk_bytes=20_000_000, per_fold=1_000)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Runs the benchmarks.")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page to write (default: docs/benchmarks.md)")
    parser.add_argument(
        "--quick", action="store_true", help="one short round, to try it out; its figures are worth little"
    )
    given = parser.parse_args()
    rounds, seconds, step = (1, 4.0, 2.0) if given.quick else (3, 20.0, 4.0)
    repeats = 3 if given.quick else 9
    effort = QUICK if given.quick else THOROUGH
    began, facts = time.monotonic(), report.machine(os.getloadavg())
    if given.quick:
        facts.append(("This run", "`--quick`: too short for its figures to be worth much"))

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:4.0f} s] {line}", file=sys.stderr, flush=True)

    say("engines")
    keywords, classifier, rescan = engines.keywords(repeats), engines.classifier(repeats), engines.rescan(repeats)
    say("classifier beside BERT-base")
    beside = beside_bert.measure(engines.FOLDER, repeats)
    found = keyword_engine.measure(effort, say)
    pictures = picture_report.measure(given.quick, say)
    say("registrations")
    with_classifier, keyword_only = registrations.measure(rounds, seconds, step, say)
    figures = Figures(with_classifier, keyword_only, keywords, classifier, rescan, beside, found, pictures)
    minutes = (time.monotonic() - began) / 60
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(report.document(figures, facts, rounds, seconds, minutes), encoding="utf-8")
    say(f"wrote {given.out}")


if __name__ == "__main__":
    main()
