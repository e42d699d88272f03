"""One file for every family of engines; `ENGINES` is the one list of them."""

from benchmarks.engine import Engine
from benchmarks.peers.bngsim_cvode import Bngsim, BngsimCodegen
from benchmarks.peers.casadi_cvodes import CasadiCsparse, CasadiMumps
from benchmarks.peers.diffrax_kvaerno import DiffraxKvaerno5
from benchmarks.peers.own import Own, OwnBDF, OwnRosenbrock, StandIn
from benchmarks.peers.roadrunner_cvode import RoadRunner
from benchmarks.peers.scipy_ode import ScipyBDF, ScipyBDFOrdered, ScipyLSODA, ScipyRadau, ScipyRadauOrdered
from benchmarks.peers.sundae_cvode import SundaeDense, SundaeSparse
from benchmarks.peers.sundials_klu import CvodeKluAmd, CvodeKluColamd

ENGINES: dict[str, type[Engine]] = {
    e.name: e
    for e in (
        Own,
        OwnRosenbrock,
        OwnBDF,
        StandIn,
        CvodeKluAmd,
        CvodeKluColamd,
        ScipyBDFOrdered,
        ScipyRadauOrdered,
        Bngsim,
        BngsimCodegen,
        SundaeSparse,
        SundaeDense,
        CasadiCsparse,
        CasadiMumps,
        RoadRunner,
        ScipyBDF,
        ScipyRadau,
        ScipyLSODA,
        DiffraxKvaerno5,
    )
}

__all__ = ["ENGINES"]
