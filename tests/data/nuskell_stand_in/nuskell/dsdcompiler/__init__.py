"""The part of the stand-in that translates."""
