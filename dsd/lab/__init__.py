"""For the bench: what has to be ordered, what it costs, how it is mixed.

Everything here starts from a finished `dsd.system.DsdSystem` and ends in values and texts that a person takes to the laboratory.
How gates are drawn, and which of them a circuit needs, was decided before.
"""
