"""The sabotage study: whatever changes behaviour is noticed, in every scheme; see `support_sabotage_study`.

A sample is part of the suite; the whole (eight kinds, 26 of each a scheme) is slow and leaves its tables in ``out/studies``.
"""

from __future__ import annotations

import pytest
from support_sabotage_study import FEW, KINDS, WITHIN, described, examined, specimens, table
from support_studies import write_table

from dsd.schemes import SCHEMES, Scheme

PER_KIND = 26


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.name)
def test_a_sample_of_mutants_of_every_kind(scheme: Scheme) -> None:
    rows = examined(scheme, 1, 7, FEW, searched=False)
    assert {m.kind for m, _ in rows} == set(KINDS)
    for mutant, found in rows:
        assert found.noticed or found.searched == "equivalent", described(mutant)
        assert found.noticed or found.true_error <= WITHIN, described(mutant)
    assert any(f.noticed for _, f in rows)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.name)
def test_all_mutants(scheme: Scheme) -> None:
    assert len(specimens(scheme)) >= 4
    rows = examined(scheme, PER_KIND, 1)
    found = table(rows)
    write_table(f"sabotage-{scheme.name}", found)
    for kind in KINDS:
        assert sum(m.kind == kind for m, _ in rows) >= 20, kind
    assert not found["escaped"]
    assert all(f.searched == "equivalent" for _, f in rows if not f.noticed), found["survivors"]
