"""A learning circuit of one's own, from a `.crn` file with port lines, trained as DNA on a CSV file."""

from pathlib import Path

from compiler import api
from crn.neural.datasets import read_dataset


def main() -> None:
    """Train ten epochs and show the weight that was learned."""
    here = Path(__file__).parent
    circuit = api.load(str(here / "own_circuit.crn")).learning
    table = here / "own_circuit.csv"
    data = read_dataset(table.read_text("utf-8"), table.name, circuit.input_names, circuit.target_names)
    result = api.train(circuit, data, data, epochs=10)
    assert result.formal is not None
    assert result.dna is not None
    print(
        f"the data were made with 1.5; learned {result.formal.final[0]:.3f} abstractly, {result.dna.run.final[0]:.3f} as DNA"
    )
    assert abs(result.dna.run.final[0] - 1.5) < 0.1


if __name__ == "__main__":
    main()
