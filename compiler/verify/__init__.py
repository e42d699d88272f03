"""Verification: is the DNA that was drawn the network that was meant? Checks and verdicts."""
