"""The console script `samurai`: serve, doctor, download, evaluate, ablate, visualize, submit.

A command's own module is imported when it runs, so that `samurai --help` and `samurai doctor` work
in a broken installation, and at once.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit code.

    0 is success, 1 a command's own failure, 2 wrong usage or an error that names its remedy
    (printed as one line, without a traceback).
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        parsed = _parser(given).parse_args(given)
        command: Command = parsed.command
        return command(parsed)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not _explains_itself(error):
            raise
        print(f"samurai: {error}", file=sys.stderr)
        return 2


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The argument parser; a command's details are only looked up when it is the one given."""
    parser = argparse.ArgumentParser(
        prog="samurai",
        description="A streaming SAM 2.1 tracker for the VOT toolkit.",
        epilog="`samurai serve --help` lists the environment variables that the tracker reads.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    serve = add("serve", _serve, "be the TraX process that the VOT toolkit starts")
    if "serve" in given:
        from vot_wrapper.settings import describe

        serve.formatter_class = argparse.RawDescriptionHelpFormatter
        serve.epilog = describe()
    add("doctor", _doctor, "check the installation, and say what to do")
    download = add("download", _download, "fetch the official weights of models")
    download.add_argument("models", nargs="+", metavar="NAME", help="tiny, small, base_plus, large")
    evaluate = add("evaluate", _evaluate, "run and score trackers with the VOT toolkit")
    if "evaluate" in given:
        from vot_wrapper.evaluate import add_arguments

        add_arguments(evaluate)
    ablate = add("ablate", _ablate, "compare memory policies over models and workspaces")
    if "ablate" in given:
        from vot_wrapper.ablate import add_arguments as add_ablate_arguments

        add_ablate_arguments(ablate)
    visualize = add("visualize", _visualize, "draw results as pictures or videos")
    if "visualize" in given:
        from vot_wrapper.visualize import add_arguments as add_visualize_arguments

        add_visualize_arguments(visualize)
    submit = add("submit", _submit, "check and pack results for a challenge, with descriptions")
    if "submit" in given:
        from vot_wrapper.submit import add_arguments as add_submit_arguments

        add_submit_arguments(submit)
    return parser


def _serve(_: argparse.Namespace) -> int:
    from vot_wrapper.process import run

    return run()


def _doctor(_: argparse.Namespace) -> int:
    from vot_wrapper.doctor import run

    return run()


def _download(parsed: argparse.Namespace) -> int:
    from samurai.manifest import model_card

    # Before the slow imports: a wrong name is told at once.
    cards = [model_card(name) for name in parsed.models]

    from tqdm import tqdm

    from samurai.checkpoints import download

    for card in cards:
        with tqdm(desc=card.name, total=card.bytes, unit="B", unit_scale=True) as bar:
            path = download(card.name, progress=functools.partial(_show, bar))
        print(f"{card.name}: {path}")
    return 0


def _show(bar: Any, there: int, total: int) -> None:
    """Set a progress bar to an absolute position."""
    bar.total = total
    bar.update(there - bar.n)


def _evaluate(parsed: argparse.Namespace) -> int:
    from vot_wrapper.evaluate import run

    return run(parsed)


def _ablate(parsed: argparse.Namespace) -> int:
    from vot_wrapper.ablate import run

    return run(parsed)


def _submit(parsed: argparse.Namespace) -> int:
    from vot_wrapper.submit import run

    return run(parsed)


def _visualize(parsed: argparse.Namespace) -> int:
    from vot_wrapper.visualize import run

    return run(parsed)


def _explains_itself(error: Exception) -> bool:
    """Whether the message alone tells cause and remedy: errors that samurai raises on purpose."""
    if isinstance(error, ImportError):
        # `import samurai` itself raises its DependencyError where sam2 is missing.
        return type(error).__name__ == "DependencyError"
    from samurai.errors import SamuraiError

    return isinstance(error, SamuraiError)


if __name__ == "__main__":
    sys.exit(main())
