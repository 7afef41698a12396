"""The bundled sequences, one module each: six with one target, three with several."""

from __future__ import annotations

from . import (
    camera,
    crossing,
    deformation,
    distractor,
    occlusion,
    reentry,
    scale,
    twins,
    visitors,
)
from .recipe import Recipe

RECIPES: dict[str, Recipe] = {
    module.RECIPE.name: module.RECIPE
    for module in (camera, deformation, distractor, occlusion, reentry, scale)
}
MULTIOBJECT: dict[str, Recipe] = {
    module.RECIPE.name: module.RECIPE for module in (crossing, twins, visitors)
}
