"""Benchmarks: this project's stiff engine and what a user could pick instead, side by side in one run.

Work is compared at the error that was achieved, never at the tolerance that was asked for; the README says how to read it. Nothing
here is part of the packages or of the test suite: the peers are not dependencies.
"""
