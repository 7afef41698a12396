"""The hard sequences: a module per difficulty."""

from __future__ import annotations

from . import absence, doubles, fast, jerk
from .recipe import Recipe

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe for module in (absence, doubles, fast, jerk) for recipe in module.RECIPES
}
