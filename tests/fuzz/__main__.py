"""`python -m fuzz` in tests/: 100,000 exchanges with tracker processes, and a page about them."""

from __future__ import annotations

import argparse
import datetime
import platform
import sys
import time
from pathlib import Path

from fuzz.peer import Fault
from fuzz.story import Fuzzer


def page(fuzzer: Fuzzer, seconds: float) -> str:
    """The report, as Markdown."""
    tracker = "nano" if fuzzer.real else "the tracker of `tests/fuzz/zygote.py`"
    rows = "\n".join(f"| {name} | {count:,} |" for name, count in sorted(fuzzer.counts.items()))
    date = datetime.date.today().isoformat()
    return (
        f"{date}, seed {fuzzer.seed}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {tracker}: {fuzzer.exchanges:,} exchanges "
        f"({fuzzer.replies:,} replies checked, {fuzzer.stories:,} processes ended) in "
        f"{seconds:.0f} s, no fault.\n\n| step | times |\n|---|---|\n{rows}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--exchanges", type=int, default=100_000)
    parser.add_argument("--story", type=int, help="tell only this one")
    parser.add_argument("--real", action="store_true", help="with nano, much slower")
    parser.add_argument("--page", type=Path, help="append the report to it")
    arguments = parser.parse_args()
    fuzzer = Fuzzer(arguments.seed, arguments.real)
    began = time.monotonic()
    said = 0

    def progress(fuzzer: Fuzzer) -> None:
        nonlocal said
        if fuzzer.exchanges >= said:
            print(f"{fuzzer.exchanges} exchanges, {fuzzer.stories} processes", flush=True)
            said = fuzzer.exchanges + 2000

    try:
        if arguments.story is None:
            fuzzer.run(arguments.exchanges, progress=progress)
        else:
            fuzzer.run(1, first=arguments.story)
    except Fault as fault:
        sys.exit(str(fault))
    text = page(fuzzer, time.monotonic() - began)
    print(text)
    if arguments.page is not None:
        with arguments.page.open("a") as file:
            file.write(f"\n{text}")


if __name__ == "__main__":
    main()
