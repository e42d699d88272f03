"""Templates: what has the same shape is enumerated once, and repeated by renaming its domains.

Two lists of complexes have the same shape if renaming the domains of one gives the other; what complexes can do depends on nothing
else. Here are shapes, the renaming between them, and a store that lives as long as one compilation; what is enumerated is decided
by the callers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from dsd.complexes import Complex
from dsd.condensation import CondensedReaction
from dsd.domains import Domain
from dsd.enumeration import DEFAULT_OPTIONS, CondensedNetwork, EnumerationOptions, condensed_network


def shape_of(complexes: Sequence[Complex]) -> tuple[tuple[object, ...], tuple[Domain, ...]]:
    """Return the shape of a list of complexes, and its domains in the order of their first appearance.

    Lists with equal shapes turn into each other by renaming the domains of one, in that order, into those of the other. A shape
    holds for every complex its strands, with domains as numbers (complements negative), and its pairs; and the lengths of the
    domains in nt.
    """
    number: dict[str, int] = {}
    found: list[Domain] = []
    code: list[object] = []
    for each in complexes:
        strands = []
        for strand in each.strands:
            word = []
            for domain in strand.domains:
                at = number.get(domain.name)
                if at is None:
                    at = number[domain.name] = len(found) + 1
                    found.append(~domain if domain.star else domain)
                word.append(-at if domain.star else at)
            strands.append(tuple(word))
        code.append((tuple(strands), each.pairs))
    return (tuple(code), tuple(d.length for d in found)), tuple(found)


@dataclass(frozen=True, slots=True)
class Template:
    """The condensed network of one shape, in the domains of the first list of complexes that had it.

    Attributes
    ----------
    domains : tuple of Domain
        In the order of the shape.
    network : CondensedNetwork
    meeting : tuple of CondensedReaction
        The reactions whose reactants are exactly the given complexes (or twice the only one).
    """

    domains: tuple[Domain, ...]
    network: CondensedNetwork
    meeting: tuple[CondensedReaction, ...]


@dataclass(slots=True)
class Templates:
    """Templates by shape, for one set of options."""

    options: EnumerationOptions = DEFAULT_OPTIONS
    _known: dict[object, Template] = field(default_factory=dict)

    def of(self, complexes: Sequence[Complex]) -> tuple[Template, dict[Domain, Domain]]:
        """Return the template of a list of complexes, and what its domains are called here, where that differs.

        Parameters
        ----------
        complexes : sequence of Complex
            Their order is part of the shape.
        """
        shape, domains = shape_of(complexes)
        template = self._known.get(shape)
        if template is None:
            network = condensed_network(complexes, self.options)
            given = Counter(complexes if len(complexes) != 1 else [*complexes, *complexes])
            meeting = tuple(r for r in network.reactions if Counter(r.reactants) == given)
            template = self._known[shape] = Template(domains, network, meeting)
        naming = {a: b for a, b in zip(template.domains, domains, strict=True) if a != b}
        return template, naming

    def __len__(self) -> int:
        """Return the number of shapes that were enumerated."""
        return len(self._known)
