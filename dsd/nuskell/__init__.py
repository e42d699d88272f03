"""Nuskell's translation-scheme language: `translate` turns a network and a scheme text into signals and fuels."""

from dsd.nuskell.translation import FormalSignal, Translation, translate, translate_with
from dsd.nuskell.values import Fuel

__all__ = ["FormalSignal", "Fuel", "Translation", "translate", "translate_with"]
