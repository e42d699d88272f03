"""How a page of mathematics becomes a circuit: one file for each form.

`staged` is the published procedure, `two_phase` its compact equivalent with an ideal operator, `tube` what a pipette can do, and
`oscillator` lets a chemical clock switch the phases. The mathematics itself is in `crn.neural.neural_ode`.
"""
