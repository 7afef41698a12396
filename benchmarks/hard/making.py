"""Making one hard sequence; in a module of its own, so that other processes find it."""

from __future__ import annotations

from pathlib import Path

import cv2

from benchmarks.bundled.writer import truths, write_frame, write_lines, write_truth

from .scenes import RECIPES
from .stage import TARGET, film
from .tags import tags


def make_sequence(name: str, output: Path) -> None:
    """Renders and writes one sequence."""
    cv2.setNumThreads(1)  # one process per core already
    recipe = RECIPES[name]
    stage = recipe.build(recipe.seed)
    folder = output / name
    seen = []
    for frame in range(recipe.frames):
        picture = film(stage, frame, recipe.width, recipe.height)
        developed = recipe.sensor.develop(picture.light, 1000 * recipe.seed + frame)
        write_frame(folder, frame + 1, developed, recipe.quality)
        seen.append(truths(picture))
    write_truth(folder, recipe, [{TARGET: truth[TARGET]} for truth in seen])
    marked = tags(recipe.attribute, stage, seen)
    write_lines(folder / f"{recipe.attribute}.tag", (str(int(mark)) for mark in marked))
