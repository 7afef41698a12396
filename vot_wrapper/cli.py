"""The console script `samurai`: its commands, and `samurai --version`.

A command's own module is imported when it runs, so that `samurai --help` and `samurai doctor` work
in a broken installation, and at once.
"""

from __future__ import annotations

import argparse
import functools
import platform
import shlex
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

Command = Callable[[argparse.Namespace], int]

VERSIONED = ("torch", "sam2", "vot-toolkit")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit code.

    0 is success, 1 a command's own failure, 2 wrong usage or an error that names its remedy
    (printed as one line, without a traceback).
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        parser = _parser(given)
        if not given:
            parser.print_help()
            return 0
        parsed = parser.parse_args(given)
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
    parser.add_argument("--version", action=_Version, help="print versions and exit")
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
    doctor = add("doctor", _doctor, "check the installation, and say what to do")
    _add_doctor_arguments(doctor, verify=any(each.startswith("--verify") for each in given))
    download = add("download", _download, "fetch the official weights of models")
    download.add_argument("models", nargs="+", metavar="NAME", help="tiny, small, base_plus, large")
    evaluate = add("evaluate", _evaluate, "run and score trackers with the VOT toolkit")
    if "evaluate" in given:
        from vot_wrapper.evaluate import add_arguments

        add_arguments(evaluate)
    workspace = add("workspace", _workspace, "copy the bundled workspace into a folder of yours")
    workspace.add_argument("folder", type=Path, metavar="FOLDER", help="new or empty")
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


def _add_doctor_arguments(doctor: argparse.ArgumentParser, verify: bool) -> None:
    """Declares the arguments of `samurai doctor`; with `verify` those of the comparison too."""
    doctor.add_argument(
        "--workspace", type=Path, help="check its sequences too (default: the current folder's)"
    )
    compare = "compare masks with the installed sam2's predictor, on this device, and nothing else"
    doctor.add_argument("--verify", metavar="MODEL", help=compare)
    frames = "how many frames to compare (default: 30; 5 on a CPU)"
    doctor.add_argument("--frames", type=int, metavar="N", help=frames)
    if verify:
        from vot_wrapper.verify import add_arguments as add_verify_arguments

        add_verify_arguments(doctor)


class _Version(argparse.Action):
    """Prints the versions of samurai and of what decides its results; imports none of it."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from samurai.version import __version__

        others = [f"{name} {_installed(name)}" for name in VERSIONED]
        print(f"samurai {__version__}\nPython {platform.python_version()}, {', '.join(others)}")
        parser.exit()


def _installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _serve(_: argparse.Namespace) -> int:
    from vot_wrapper.process import run

    return run()


def _doctor(parsed: argparse.Namespace) -> int:
    if parsed.verify:
        from vot_wrapper.verify import run as verify

        return verify(parsed.verify, parsed.frames, parsed)
    from vot_wrapper.doctor import run

    return run(parsed.workspace)


def _download(parsed: argparse.Namespace) -> int:
    from samurai.models.manifest import model_card

    # Before the slow imports: a wrong name is told at once.
    cards = {name: model_card(name) for name in parsed.models}

    from tqdm import tqdm

    from samurai.models.checkpoints import download

    for name, card in cards.items():
        with tqdm(desc=card.name, total=card.bytes, unit="B", unit_scale=True) as bar:
            path = download(name, progress=functools.partial(_show, bar))
        print(f"{card.name}: {path}")
    return 0


def _show(bar: Any, there: int, total: int) -> None:
    """Set a progress bar to an absolute position."""
    bar.total = total
    bar.update(there - bar.n)


def _evaluate(parsed: argparse.Namespace) -> int:
    from vot_wrapper.evaluate import run

    return run(parsed)


def _workspace(parsed: argparse.Namespace) -> int:
    from vot_wrapper.bundled import copy_workspace

    folder: Path = parsed.folder.expanduser().resolve()
    kept = "" if copy_workspace(folder) else " (already there, left as it is)"
    print(f"workspace    {folder}{kept}")
    print(f"run it       samurai evaluate --workspace {shlex.quote(str(folder))}")
    several = shlex.quote(str(folder / "multiobject"))
    print(f"             samurai evaluate --workspace {several}  (several objects)")
    return 0


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
