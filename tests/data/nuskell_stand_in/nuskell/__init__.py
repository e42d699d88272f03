"""A stand-in for Nuskell: the interface of its compiler, and nothing of its own inside."""
