"""SBML in and out: mass-action networks only, with the one rate law; timed additions are not carried over."""

from crn.sbml.reading import read_sbml, sbml_errors
from crn.sbml.writing import write_sbml

__all__ = ["read_sbml", "sbml_errors", "write_sbml"]
