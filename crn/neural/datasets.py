"""Data sets that are built in: the tasks of the paper, drawn by its recipes from a seed, and measured ones that come along.

R. T. Nagipogu and J. H. Reif, "Neural CRNs", arXiv 2409.00034, and the authors' repository NeuralCRNGen; iris is R. A. Fisher's
(1936). `RECIPES` is the one list. What a data set is, and how one is read from a file, is in `crn.neural.samples`.
"""

from __future__ import annotations

import dataclasses
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.massaction import Vector
from crn.neural.classes import NO_CLASS, Classes
from crn.neural.samples import Dataset, Grid, read_dataset
from crn.neural.specification import Number, read_specification

__all__ = ["BUILTIN", "RECIPES", "Dataset", "Recipe", "builtin_dataset", "read_dataset"]

AUTHORS: Final = "NeuralCRNGen repository of R. T. Nagipogu, accompanying arXiv 2409.00034"
FISHER: Final = "R. A. Fisher (1936), doi:10.1111/j.1469-1809.1936.tb02137.x; UCI repository, doi:10.24432/C56C76"
MOST: Final = 100_000
"""Samples of one set."""
MOST_TRIES: Final = 2000
"""Times that 4096 points are drawn in search of those of one class."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A built-in data set: how it is made.

    Attributes
    ----------
    name : str
    summary : str
        Ends without a full stop.
    options : tuple of Number
    make : callable
        From the values of the options and a seed to the samples to train on and those to validate with.
    """

    name: str
    summary: str
    options: tuple[Number, ...]
    make: Callable[[Mapping[str, float], int], tuple[Dataset, Dataset]]


def builtin_dataset(text: str, seed: int = 0) -> tuple[Dataset, Dataset]:
    """Return a built-in data set: the samples to train on, and those to validate with.

    Parameters
    ----------
    text : str
        ``name`` or ``name:key=value,key=value``, such as ``rings:inner=0.4,outer=0.6``.
    seed : int
        Of what is drawn; the validation samples do not depend on the number of training samples.

    Raises
    ------
    CircuitError
        If there is no such data set, option or value; points into the text.
    """
    name, values = read_specification(text, "<data>", "built-in data set", {r.name: r.options for r in RECIPES})
    recipe = next(r for r in RECIPES if r.name == name)
    try:
        return recipe.make(values, seed)
    except CircuitError as error:
        rest = text.partition(":")[2]
        span = Span("<data>", 1, len(name) + 2 if rest else 1, text, len(rest) or len(name))
        raise CircuitError(Diagnostic(error.diagnostics[0].message, span)) from None


def _sizes(train: int, validation: int) -> tuple[Number, ...]:
    return (
        Number("train", train, 1, MOST, "number of samples to train on", whole=True),
        Number("validation", validation, 1, MOST, "number of samples to validate with", whole=True),
    )


def _generators(name: str, seed: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Return the sources of the training and of the validation samples."""
    word = zlib.crc32(name.encode())
    first, second = (np.random.default_rng([abs(seed), int(seed < 0), word, stream]) for stream in (0, 1))
    return first, second


def _rows(table: Vector) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in table.tolist())


# --- regression ---------------------------------------------------------------------------------------------------------------


def _regression(
    name: str, formula: str, function: Callable[[Vector, Vector], Vector], values: Mapping[str, float], seed: int
) -> tuple[Dataset, Dataset]:
    low, high, noise = values["low"], values["high"], values["noise"]
    if low >= high:
        raise CircuitError(f"low = {low:g} is not below high = {high:g}")
    recipe = f"y = {formula} + N(0, {noise:g}), x1 and x2 uniform in [{low:g}, {high:g}]; after {AUTHORS}"

    def draw(rng: np.random.Generator, count: int) -> Dataset:
        x, error = rng.uniform(low, high, (count, 2)), noise * rng.standard_normal(count)
        y = function(x[:, 0], x[:, 1]) + error
        floor = float(np.mean(0.5 * error**2))
        return Dataset(("x1", "x2"), ("y",), _rows(x), _rows(y[:, None]), f"{name}, seed {seed}", recipe, floor=floor)

    first, second = _generators(name, seed)
    return draw(first, int(values["train"])), draw(second, int(values["validation"]))


def _regression_recipe(
    name: str,
    formula: str,
    function: Callable[[Vector, Vector], Vector],
    sizes: tuple[int, int],
    limits: tuple[float, float],
    noise: float,
) -> Recipe:
    low, high = limits
    return Recipe(
        name,
        f"y = {formula} + N(0, {noise:g}), x in [{low:g}, {high:g}]^2, {sizes[0]} + {sizes[1]} samples",
        (
            *_sizes(*sizes),
            Number("low", low, -1e6, 1e6, "smallest input"),
            Number("high", high, -1e6, 1e6, "largest input"),
            Number("noise", noise, 0, 1e6, "standard deviation of the noise"),
        ),
        lambda values, seed: _regression(name, formula, function, values, seed),
    )


def _linreg_authors(_: Mapping[str, float], __: int) -> tuple[Dataset, Dataset]:
    def shipped(file: str) -> Dataset:
        data = read_dataset(_text(file), f"{AUTHORS} ({file})", ("x1", "x2"), ("y",))
        noise = np.array(data.y)[:, 0] - np.array(data.x) @ (1, 2) - 1
        recipe = "y = x1 + 2 x2 + 1 + N(0, 0.4), x1 and x2 uniform in [1, 5]; drawn by the authors themselves"
        return dataclasses.replace(data, recipe=recipe, floor=float(np.mean(0.5 * noise**2)))

    return shipped("linreg_train.csv"), shipped("linreg_val.csv")


def _text(file: str) -> str:
    return (resources.files("crn.neural") / "data" / file).read_text(encoding="utf-8")


# --- two classes of two inputs ------------------------------------------------------------------------------------------------

Label = Callable[[Vector, Vector], NDArray[np.intp]]
"""From two inputs to the class of every point, or `NO_CLASS`."""


@dataclass(frozen=True, slots=True)
class _Plane:
    """Two classes on a square; each sample is drawn evenly from all points of its class.

    Attributes
    ----------
    names : tuple of str
    levels : tuple of (float, float)
        Targets of the two classes; half-way between them is the threshold.
    label : callable
    low, high : float
        Of both inputs.
    negative : float
        Share of the samples that belong to class 0, rounded up.
    side : int
        Points of the grid in one direction.
    recipe : str
    """

    names: tuple[str, str]
    levels: tuple[float, float]
    label: Label
    low: float
    high: float
    negative: float
    side: int
    recipe: str

    def sets(self, name: str, values: Mapping[str, float], seed: int) -> tuple[Dataset, Dataset]:
        """Return the samples to train on and those to validate with."""
        bare = Grid((self.low, self.low), (self.high, self.high), self.side)
        truth = self.label(*bare.points.T)
        grid = dataclasses.replace(bare, truth=tuple(int(c) for c in truth))
        classes = Classes(self.names, sum(self.levels) / 2)
        recipe = f"{self.recipe}; {self.negative:g} of the samples are of class {self.names[0]}; after {AUTHORS}"

        def draw(rng: np.random.Generator, count: int) -> Dataset:
            rare = math.ceil(self.negative * count)
            x = np.vstack([self._of_class(rng, 0, rare), self._of_class(rng, 1, count - rare)])
            y = np.repeat(self.levels, (rare, count - rare))[:, None]
            order = rng.permutation(count)
            source = f"{name}, seed {seed}"
            return Dataset(("x1", "x2"), ("y",), _rows(x[order]), _rows(y[order]), source, recipe, classes, grid, 0.0)

        first, second = _generators(name, seed)
        return draw(first, int(values["train"])), draw(second, int(values["validation"]))

    def _of_class(self, rng: np.random.Generator, wanted: int, count: int) -> Vector:
        """Return points of one class, shape (count, 2), by rejection."""
        found: list[Vector] = []
        for _ in range(MOST_TRIES):
            if sum(map(len, found)) >= count:
                return np.vstack([np.empty((0, 2)), *found])[:count]
            x = rng.uniform(self.low, self.high, (4096, 2))
            found.append(x[self.label(x[:, 0], x[:, 1]) == wanted])
        raise CircuitError(
            f"class {self.names[wanted]} is too small a part of the square to draw {count} samples from it"
        )


def _logic(
    name: str, gate: Callable[[NDArray[np.bool_], NDArray[np.bool_]], NDArray[np.bool_]], negative: float
) -> Recipe:
    def make(values: Mapping[str, float], seed: int) -> tuple[Dataset, Dataset]:
        plane = _Plane(
            ("0", "1"),
            (0.0, 1.0),
            lambda a, b: gate(a >= 0.5, b >= 0.5).astype(np.intp),
            0.0,
            1.0,
            negative,
            40,
            f"1 where (x1 >= 0.5) {name} (x2 >= 0.5), else 0; x in [0, 1]^2",
        )
        return plane.sets(name, values, seed)

    share = "half" if negative == 0.5 else "a quarter"
    return Recipe(
        name,
        f"(x1 >= 0.5) {name} (x2 >= 0.5) on [0, 1]^2, {share} of the targets 0, 101 + 31 samples",
        _sizes(101, 31),
        make,
    )


def _linear_classes(values: Mapping[str, float], seed: int) -> tuple[Dataset, Dataset]:
    plane = _Plane(
        ("0", "4"),
        (0.0, 4.0),
        lambda a, b: (a + 2 * b > 2).astype(np.intp),
        0.0,
        2.0,
        0.5,
        60,
        "4 where x1 + 2 x2 > 2, else 0; x in [0, 2]^2",
    )
    return plane.sets("linear-classes", values, seed)


def _rings(values: Mapping[str, float], seed: int) -> tuple[Dataset, Dataset]:
    inner, outer, rim, centre = (values[k] for k in ("inner", "outer", "rim", "centre"))
    levels = (values["low"], values["high"])
    if not inner <= outer < rim:
        raise CircuitError(f"inner = {inner:g}, outer = {outer:g} and rim = {rim:g} have to ascend")
    if levels[0] >= levels[1]:
        raise CircuitError(f"low = {levels[0]:g} is not below high = {levels[1]:g}")

    def label(a: Vector, b: Vector) -> NDArray[np.intp]:
        r = np.hypot(a - centre, b - centre)
        return np.where(r <= inner, 0, np.where((outer <= r) & (r <= rim), 1, NO_CLASS))

    recipe = (
        f"{levels[0]:g} where r <= {inner:g}, {levels[1]:g} where {outer:g} <= r <= {rim:g}; "
        f"r is the distance from ({centre:g}, {centre:g})"
    )
    plane = _Plane(("disc", "ring"), levels, label, centre - rim, centre + rim, 0.5, 40, recipe)
    return plane.sets("rings", values, seed)


# --- iris ---------------------------------------------------------------------------------------------------------------------

_FEATURES: Final = ("sepal_length", "sepal_width", "petal_length", "petal_width")
_SPECIES: Final = ("setosa", "versicolor", "virginica")


def _iris(values: Mapping[str, float], seed: int) -> tuple[Dataset, Dataset]:
    held_back, uneven = divmod(int(values["validation"]), len(_SPECIES))
    if uneven:
        raise CircuitError(f"validation = {values['validation']:g} is not a multiple of 3: every species gives a third")
    data = read_dataset(_text("iris.csv"), "iris.csv", _FEATURES, _SPECIES)
    x, y = np.array(data.x), np.array(data.y)
    split, order = _generators("iris", seed)
    mine, others = [], []
    for species in range(len(_SPECIES)):
        drawn = split.permutation(np.flatnonzero(y[:, species]))
        others.append(drawn[:held_back])
        mine.append(drawn[held_back:])
    learn, held = order.permutation(np.concatenate(mine)), order.permutation(np.concatenate(others))
    low, high = np.min(x[learn], axis=0), np.max(x[learn], axis=0)
    recipe = (
        f"four lengths of a flower and its species; {held_back} of each species held back for validation, drawn by the seed; "
        "lengths scaled so that those to train on span [0, 1], and those to validate with cut to it; one output a species, "
        f"the largest decides; {FISHER}"
    )

    def chosen(rows: NDArray[np.intp]) -> Dataset:
        scaled = np.clip((x[rows] - low) / (high - low), 0, 1)
        ports = tuple(f"x{i + 1}" for i in range(len(_FEATURES))), tuple(f"y{i + 1}" for i in range(len(_SPECIES)))
        return Dataset(*ports, _rows(scaled), _rows(y[rows]), f"iris, seed {seed}", recipe, Classes(_SPECIES))

    return chosen(learn), chosen(held)


RECIPES: Final[tuple[Recipe, ...]] = (
    Recipe(
        "linreg-authors", "y = x1 + 2 x2 + 1 + N(0, 0.4) as drawn by the authors, 41 + 101 samples", (), _linreg_authors
    ),
    _regression_recipe("linreg", "x1 + 2 x2 + 1", lambda a, b: a + 2 * b + 1, (41, 101), (1, 5), 0.4),
    _regression_recipe("product", "x1 x2 + x2^2", lambda a, b: a * b + b * b, (50, 100), (0.5, 2), 0.1),
    _regression_recipe("sine", "sin x1 + x2^2", lambda a, b: np.sin(a) + b * b, (50, 100), (0.5, 2), 0.1),
    Recipe(
        "linear-classes",
        "4 where x1 + 2 x2 > 2, else 0, on [0, 2]^2, both equally often, 101 + 101 samples",
        _sizes(101, 101),
        _linear_classes,
    ),
    _logic("xor", np.logical_xor, 0.5),
    _logic("and", np.logical_and, 0.5),
    _logic("or", np.logical_or, 0.25),
    Recipe(
        "rings",
        "a disc and the ring around it, both equally often, 101 + 201 samples",
        (
            *_sizes(101, 201),
            Number("inner", 0.45, 1e-3, 1e6, "radius of the disc"),
            Number("outer", 0.5, 1e-3, 1e6, "inner radius of the ring"),
            Number("rim", 1.0, 1e-3, 1e6, "outer radius of the ring"),
            Number("centre", 0.0, -1e6, 1e6, "both coordinates of the centre"),
            Number("low", 0.0, -1e6, 1e6, "target of the disc"),
            Number("high", 1.0, -1e6, 1e6, "target of the ring"),
        ),
        _rings,
    ),
    Recipe(
        "iris",
        "Fisher's 150 irises, 120 + 30 of them, as many of each species",
        (Number("validation", 30, 3, 147, "number of samples to validate with, a multiple of 3", whole=True),),
        _iris,
    ),
)
"""All recipes; the numbers of samples are the authors' own (their loops run once more than they say: 41, 101, 201)."""

BUILTIN: Final = tuple(r.name for r in RECIPES)
"""Names of the built-in data sets."""
