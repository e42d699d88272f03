"""Translation schemes, one file each; `SCHEMES` is the one list of them, the first choice first."""

from dsd.schemes.cardelli2011 import Cardelli2011, Cardelli2011GC
from dsd.schemes.cardelli2013 import Cardelli2013
from dsd.schemes.chen2013 import Chen2013
from dsd.schemes.lakin2012 import Lakin2012
from dsd.schemes.qian2011 import Qian2011, Qian2011Irreversible
from dsd.schemes.scheme import Debt, Fresh, Gate, Ledger, Lengths, Member, Pair, Role, Scheme, Signal
from dsd.schemes.soloveichik2010 import Soloveichik2010
from dsd.schemes.srinivas2015 import Srinivas2015
from dsd.schemes.wang2018 import Wang2018

SCHEMES: tuple[Scheme, ...] = (
    Srinivas2015(),
    Soloveichik2010(),
    Lakin2012(),
    Cardelli2011(),
    Cardelli2011GC(),
    Qian2011(),
    Qian2011Irreversible(),
    Cardelli2013(),
    Chen2013(),
    Wang2018(),
)

__all__ = [
    "SCHEMES",
    "Cardelli2011",
    "Cardelli2011GC",
    "Cardelli2013",
    "Chen2013",
    "Debt",
    "Fresh",
    "Gate",
    "Lakin2012",
    "Ledger",
    "Lengths",
    "Member",
    "Pair",
    "Qian2011",
    "Qian2011Irreversible",
    "Role",
    "Scheme",
    "Signal",
    "Soloveichik2010",
    "Srinivas2015",
    "Wang2018",
]
