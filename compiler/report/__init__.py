"""The report: one page for people about everything that is known of a circuit.

The page is made in `compiler.report.page` from a template beside it, its figures in `compiler.report.figures`. Nothing is computed
here that `result.json` does not have too.
"""
