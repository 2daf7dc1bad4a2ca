"""`python -m tests.faults`: a storm over a whole installation, with its account. Status 1: a promise broke."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.faults.faults import all_faults
from tests.faults.report import broken, table
from tests.faults.storm import Plan, rage


def main() -> None:
    """Run a storm and print its account."""
    chosen = _arguments()
    print(f"seed {chosen.seed}", flush=True)
    with ExitStack() as stack:
        folder = chosen.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="penstock-storm-")))
        plan = Plan(
            events=chosen.events,
            rate=chosen.rate,
            seed=chosen.seed,
            faults=[each for each in all_faults(previous=not chosen.one_version) if chosen.only in each.name],
            previous=not chosen.one_version,
            revision=chosen.previous,
        )
        report = rage(plan, folder, tell=_tell)
        print(f"\n{table(report)}\n")
        promises = broken(report)
        for each in promises:
            print(f"BROKEN  {each}")
    print(f"seed {chosen.seed}: {'broken' if promises else 'all promises kept'}")
    sys.exit(bool(promises))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--events", type=int, default=20_000, help="events to be accepted")
    parser.add_argument("--rate", type=float, default=70, help="events a second, half by each door")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="of all chance")
    parser.add_argument("--only", default="", help="faults whose name has this text")
    parser.add_argument("--one-version", action="store_true", help="no restarts with the previous version")
    parser.add_argument("--previous", help="the commit that is the previous version")
    parser.add_argument("--folder", type=Path, help="an empty folder to keep everything in, for a look afterwards")
    return parser.parse_args()


def _tell(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


main()
