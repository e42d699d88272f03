"""Translation schemes, one file each; `SCHEMES` is the one list of them."""

from dsd.schemes.scheme import Fresh, Gate, Lengths, Member, Role, Scheme, Signal
from dsd.schemes.srinivas2015 import Srinivas2015

SCHEMES: tuple[Scheme, ...] = (Srinivas2015(),)

__all__ = ["SCHEMES", "Fresh", "Gate", "Lengths", "Member", "Role", "Scheme", "Signal", "Srinivas2015"]
