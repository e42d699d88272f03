"""A network of one's own, from a file: simulated as reactions and as DNA, side by side."""

from pathlib import Path

from compiler import api


def main() -> None:
    """Simulate both levels and show how far apart they are."""
    source = api.load(str(Path(__file__).with_name("approximate_majority.crn")))
    found = api.simulate(source.crn, [0.1 * i for i in range(101)])
    assert found.formal is not None
    assert found.dna is not None
    print(
        f"X wins with {found.formal.of('X')[-1]:.3f} of 10 in the abstract network, {found.dna.of('X')[-1]:.3f} as DNA"
    )
    print(f"largest difference between the levels: {found.max_relative_error:.2%} ({found.worst})")
    assert found.outcome.ok


if __name__ == "__main__":
    main()
