"""`python -m benchmarks.bundled --output DIR` makes the bundled sequences from their seeds.

With `--multiobject` it makes those of several targets, which have a workspace of their own.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from .recipes import MULTIOBJECT, RECIPES
from .recipes.recipe import Recipe
from .render import render
from .writer import Truth, truths, write_checksums, write_frame, write_lines, write_truth

Known = list[tuple[int, dict[str, Truth]]]


def make_frames(recipe: Recipe, frames: Sequence[int], folder: Path) -> Known:
    """Renders and writes some frames of a sequence; answers with their truth."""
    scene = recipe.build(recipe.seed)
    known = []
    for frame in frames:
        picture = render(scene, frame, recipe.width, recipe.height, recipe.samples)
        developed = recipe.sensor.develop(picture.light, 1000 * recipe.seed + frame)
        write_frame(folder, frame + 1, developed, recipe.quality)
        known.append((frame, truths(picture)))
        print(f"{recipe.name} {frame + 1}/{recipe.frames}", flush=True)
    return known


def make_sequence(recipe: Recipe, output: Path, jobs: int) -> None:
    """Makes one sequence with `jobs` processes."""
    folder = output / recipe.name
    parts = [range(job, recipe.frames, jobs) for job in range(min(jobs, recipe.frames))]
    known: Known = []
    with ProcessPoolExecutor(len(parts)) as pool:
        for part in pool.map(make_frames, [recipe] * len(parts), parts, [folder] * len(parts)):
            known += part
    write_truth(folder, recipe, [truth for _, truth in sorted(known, key=lambda pair: pair[0])])


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bundled", description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder for the sequences")
    parser.add_argument("--multiobject", action="store_true", help="those with several targets")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    options = parser.parse_args(arguments)
    recipes = MULTIOBJECT if options.multiobject else RECIPES
    chosen = options.only or sorted(recipes)
    if not recipes.keys() >= set(chosen):
        parser.error(f"--only takes names out of {', '.join(sorted(recipes))}")
    for name in chosen:
        make_sequence(recipes[name], options.output, options.jobs)
    made = [name for name in sorted(recipes) if (options.output / name / "sequence").is_file()]
    write_lines(options.output / "list.txt", made)
    write_checksums(options.output, made)


if __name__ == "__main__":
    main()
