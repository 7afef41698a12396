"""The six sequences, one module each."""

from __future__ import annotations

from . import camera, deformation, distractor, occlusion, reentry, scale
from .recipe import Recipe

RECIPES: dict[str, Recipe] = {
    module.RECIPE.name: module.RECIPE
    for module in (camera, deformation, distractor, occlusion, reentry, scale)
}
