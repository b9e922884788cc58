"""Recipes: how a rendition is made from a master. One file each; the version goes up when the bytes would change."""

from bandstand.kernel.registry import Registry
from bandstand.media.recipes._recipe import Excerpt, Kind, Recipe

__all__ = ["RECIPES", "Excerpt", "Kind", "Recipe"]

RECIPES: Registry[Recipe] = Registry(kind="recipe", package="bandstand.media.recipes", name="RECIPE", of=Recipe)
