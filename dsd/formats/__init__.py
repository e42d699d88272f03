"""File formats of other programs for strand displacement systems: writers, and readers where there is something to read.

Each format has a file of its own, and pins its conversion of units there.
What a system is lives in `dsd.system`, formats of abstract networks in `crn`.
"""
