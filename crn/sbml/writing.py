"""Networks written as SBML Level 3 Version 2.

It is the first version in which a reaction may have neither reactants nor products, as in a `.crn`, and which need not deny of
every reaction that it is fast. A kinetic law is ``tube * k * prod(c ** nu)`` without factorials: SBML wants amounts, not
concentrations, per time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import libsbml

from crn.network import CRN, Units
from crn.sbml.ids import Ids, sid_of

LEVEL, VERSION = 3, 2

_VALUED = re.compile(
    r'(<(?:species|parameter|compartment) id="([^"]*)"[^>]* (?:value|size|initialConcentration)=")[^"]*'
)


def write_sbml(crn: CRN, name: str = "network", *, volume: float = 1.0, made_by: str = "") -> str:
    """Write a network as SBML Level 3 Version 2.

    Parameters
    ----------
    crn : CRN
        A molar one is written in mol, l and s, a formal one without dimensions.
    name : str
    volume : float
        Size of the only compartment, in l; concentrations do not depend on it.
    made_by : str
        A note on where the file comes from.

    Returns
    -------
    str
        Ids are the names where SBML allows them; the attribute `name` always has the original. Numbers are written to the last
        bit, so that `read_sbml` gives back the same reactions, constants and amounts.
    """
    document = libsbml.SBMLDocument(LEVEL, VERSION)
    model = document.createModel()
    model.setId(sid_of(name))
    model.setName(name)
    if made_by:
        model.setNotes(f"<p xmlns='http://www.w3.org/1999/xhtml'>{_escaped(made_by)}</p>")
    ids = Ids()
    species = {s: ids.fresh(s) for s in crn.species}
    reactions = {r.id: ids.fresh(r.id) for r in crn.reactions}
    tube = ids.fresh("tube")
    values = {tube: volume, **{species[s]: 0.0 for s in crn.species}, **{species[s]: x for s, x in crn.initial}}

    rate_units = _write_units(model, crn)
    compartment = model.createCompartment()
    compartment.setId(tube)
    compartment.setConstant(True)
    compartment.setSpatialDimensions(3)
    compartment.setSize(volume)
    for original, sid in species.items():
        held = original in crn.constant
        one = model.createSpecies()
        one.setId(sid)
        one.setName(original)
        one.setCompartment(tube)
        one.setInitialConcentration(values[sid])
        one.setHasOnlySubstanceUnits(False)
        one.setBoundaryCondition(held)
        one.setConstant(held)
    constants = {r.id: ids.fresh(f"k_{reactions[r.id]}") for r in crn.reactions}
    for reaction in crn.reactions:
        values[constants[reaction.id]] = reaction.k
        k = model.createParameter()
        k.setId(constants[reaction.id])
        k.setName(f"rate constant of {reaction.id}")
        k.setValue(reaction.k)
        k.setUnits(rate_units[reaction.order])
        k.setConstant(True)
    for reaction in crn.reactions:
        event = model.createReaction()
        event.setId(reactions[reaction.id])
        event.setName(reaction.id)
        event.setReversible(False)
        for side, create in ((reaction.reactants, event.createReactant), (reaction.products, event.createProduct)):
            for original, n in side:
                reference = create()
                reference.setSpecies(species[original])
                reference.setStoichiometry(n)
                reference.setConstant(True)
        powers = {species[s]: n for s, n in reaction.reactants}
        event.createKineticLaw().setMath(_mass_action(tube, constants[reaction.id], powers))
    text: str = libsbml.writeSBMLToString(document)
    # libsbml writes 15 digits, of which a float has up to 17.
    return _VALUED.sub(lambda m: m[1] + _number(values[m[2]]), text)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _number(value: float) -> str:
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _write_units(model: libsbml.Model, crn: CRN) -> dict[int, str]:
    """Say what amounts, volumes and times are; return the unit of a rate constant for every order."""
    molar = crn.units is Units.MOLAR
    substance, volume, time = ("mole", "litre", "second") if molar else ("dimensionless",) * 3
    model.setSubstanceUnits(substance)
    model.setExtentUnits(substance)
    model.setVolumeUnits(volume)
    model.setTimeUnits(time)
    orders = sorted({r.order for r in crn.reactions})
    if not molar:
        return dict.fromkeys(orders, "dimensionless")
    for order in orders:
        definition = model.createUnitDefinition()
        definition.setId(f"rate_{order}")
        definition.setName("M/s" if order == 0 else "/M" * (order - 1) + "/s")
        powers = (
            (libsbml.UNIT_KIND_MOLE, 1 - order),
            (libsbml.UNIT_KIND_LITRE, order - 1),
            (libsbml.UNIT_KIND_SECOND, -1),
        )
        for kind, exponent in powers:
            if exponent:
                unit = definition.createUnit()
                unit.setKind(kind)
                unit.setExponent(exponent)
                unit.setScale(0)
                unit.setMultiplier(1)
    return {order: f"rate_{order}" for order in orders}


def _mass_action(tube: str, k: str, powers: Mapping[str, int]) -> libsbml.ASTNode:
    """Return ``tube * k * prod(c ** nu)`` as MathML; built node by node, because a species may be called pi or time."""
    law = libsbml.ASTNode(libsbml.AST_TIMES)
    for name, n in ((tube, 1), (k, 1), *powers.items()):
        factor = libsbml.ASTNode(libsbml.AST_NAME)
        factor.setName(name)
        if n > 1:
            base, factor = factor, libsbml.ASTNode(libsbml.AST_POWER)
            exponent = libsbml.ASTNode(libsbml.AST_INTEGER)
            exponent.setValue(n)
            factor.addChild(base)
            factor.addChild(exponent)
        law.addChild(factor)
    return law
