"""DNA strand displacement: domains, complexes, gates, their enumeration, and what a laboratory needs to know of them.

This package builds on `crn` and knows nothing of the command line, reports or verdicts.
"""
