"""Abstract chemistry: reaction networks, their text, their rates, their simulation, and circuits that learn.

This package knows nothing of DNA. `crn.network` holds the types that everything else is built on.
"""
