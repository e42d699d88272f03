"""One figure of quality: its name, whose name that is, a threshold, and the verdict in words.

Which figures there are is said in `dsd.sequences.quality`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of quality.

    Attributes
    ----------
    name : str
    of : str
        Whose name it is: ``Piperine``, ``nuad`` or ``own``.
    value : float
    unit : str
    threshold : float
        What a good design stays below, or above.
    more_is_better : bool
    meaning : str
    """

    name: str
    of: str
    value: float
    unit: str
    threshold: float
    more_is_better: bool
    meaning: str

    @property
    def good(self) -> bool:
        """Whether the threshold is met."""
        return self.value >= self.threshold if self.more_is_better else self.value <= self.threshold

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        side = "at least" if self.more_is_better else "at most"
        word = "good" if self.good else "poor"
        unit = f" {self.unit}" if self.unit not in ("", "%") else self.unit
        return f"{word}: {self.value:.3g}{unit} where {side} {self.threshold:.3g}{unit} is asked"
