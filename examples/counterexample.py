"""A wrong implementation and what is said about it: X and Y are meant to become Z, but X can get lost on its own."""

from compiler import api
from crn.text import parse_crn

FORMAL = parse_crn("X + Y -> Z").crn
GOOD = parse_crn("x <=> i\ni + y -> z").crn
BAD = parse_crn("x -> i\ni + y -> z\ni ->").crn
MEANING = {"x": ["X"], "i": ["X"], "y": ["Y"], "z": ["Z"]}


def main() -> None:
    """Check both and show the counterexample."""
    for name, network in (("reversible", GOOD), ("leaky", BAD)):
        check = api.verify_pair(FORMAL, network, MEANING).checks[0]
        print(f"{name}: {check.answer.word}: {check.counterexample or check.reason}")
    assert api.verify_pair(FORMAL, GOOD, MEANING).answer is api.Answer.EQUIVALENT
    assert api.verify_pair(FORMAL, BAD, MEANING).answer is api.Answer.DIFFERENT


if __name__ == "__main__":
    main()
