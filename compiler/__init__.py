"""The compiler: from abstract networks to DNA, with verdicts, plans, reports and the command line."""
