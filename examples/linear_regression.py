"""The main job from Python: train the minimal linear regression as DNA, prove its gates, count and price its strands."""

from compiler import api
from crn.neural.catalog import named_circuit
from crn.neural.datasets import builtin_dataset


def main() -> None:
    """Train one epoch at both levels and show what came out."""
    circuit, _ = named_circuit("linear-regression")
    data, validation = builtin_dataset("linreg-authors")
    result = api.train(circuit, data, validation, epochs=1)
    assert result.formal is not None
    assert result.dna is not None
    for name, formal, dna in zip(circuit.parameter_names, result.formal.final, result.dna.run.final, strict=True):
        print(f"{name}: {formal:.3f} in the abstract network, {dna:.3f} read from the DNA")
    print(f"{result.dna.lab_time_s / 3600:.1f} h in the laboratory; {result.dna.bench.line}")

    verdict = api.verify(result.dna.compiled)
    for check in verdict.checks:
        print(f"{check.name}: {check.answer.word}")
    bill = api.estimate(result.dna.compiled)
    print(f"{bill.inventory.total.strands} strands, {bill.inventory.total.nucleotides} nt: {bill.price}")


if __name__ == "__main__":
    main()
