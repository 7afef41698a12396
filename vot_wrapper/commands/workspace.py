"""`samurai workspace`: a new workspace, of the bundled sequences or of your own."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from samurai.cli.values import whole_number
from samurai.errors import ConfigurationError

if TYPE_CHECKING:
    from vot_wrapper.importing.stack import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="new or empty")
    parser.add_argument(
        "--from",
        dest="sources",
        nargs="+",
        type=Path,
        default=[],
        metavar="SOURCE",
        help="take these sequences instead of the bundled ones: folders of images, videos, "
        "sequences in the layout of VOT, LaSOT, GOT-10k or OTB, or folders of such",
    )
    own = parser.add_argument_group("with --from")
    own.add_argument(
        "--box",
        default="",
        metavar="X,Y,WIDTH,HEIGHT",
        help="the object in the first frame, where the source has no ground truth",
    )
    own.add_argument(
        "--fps",
        type=whole_number(1),
        metavar="N",
        help="frames per second (default: the source's, or 30)",
    )
    own.add_argument("--copy", action="store_true", help="copy images instead of linking them")
    own.add_argument(
        "--sequences",
        nargs="+",
        default=[],
        metavar="NAME",
        help="only these sequences (names separated by spaces or commas)",
    )
    own.add_argument(
        "--skip", action="store_true", help="leave out sequences that can't be read, and name them"
    )


def run(parsed: argparse.Namespace) -> int:
    """Make it, and print how to run it.

    Raises:
        ConfigurationError: the folder can't be written to or holds something else; a source can't
            be read.
    """
    folder: Path = parsed.folder.expanduser().resolve()
    if parsed.sources:
        return _from_sources(folder, parsed)
    _refuse_alone(parsed)
    from vot_wrapper.toolkit.bundled import copy_workspace

    kept = "" if copy_workspace(folder) else " (already there, left as it is)"
    print(f"workspace    {folder}{kept}")
    print(f"run it       samurai evaluate --workspace {shlex.quote(str(folder))}")
    several = shlex.quote(str(folder / "multiobject"))
    print(f"             samurai evaluate --workspace {several}  (several objects)")
    return 0


def _from_sources(folder: Path, parsed: argparse.Namespace) -> int:
    from vot_wrapper.importing.build import Options, make_workspace
    from vot_wrapper.toolkit.bundled import write_registry

    names = tuple(name for part in parsed.sequences for name in part.split(",") if name)
    options = Options(parsed.box, parsed.fps, parsed.copy, names, parsed.skip)
    sources = [source.expanduser().resolve() for source in parsed.sources]
    plan = make_workspace(folder, sources, options, write_registry, print)
    _explain(folder, plan)
    return 0


def _explain(folder: Path, plan: Plan) -> None:
    """Print where the workspace is, its experiments, and what to run."""
    where = shlex.quote(str(folder))
    print(f"workspace    {folder}")
    print(f"experiments  {plan.why} (stack.yaml)")
    print("trackers     trackers.ini, with a section per model and policy")
    print(f"run it       samurai evaluate --workspace {where}")
    if plan.scored:
        if plan.official:
            official = f"samurai evaluate --workspace {where} --stack {plan.official}"
            print(f"             {official}  (VOT's own)")
    else:
        print(f"look at it   samurai visualize --workspace {where}")


def _refuse_alone(parsed: argparse.Namespace) -> None:
    """Refuse options of --from without it."""
    given = [name for name in ("box", "fps", "copy", "sequences", "skip") if getattr(parsed, name)]
    if given:
        raise ConfigurationError(
            f"--{given[0]} is about sequences of your own. Remedy: name them with --from SOURCE"
        )
