"""Learning circuits from a right-hand side that a user writes: ``neural_ode`` takes the equations and derives all the rest.

Equations are sums of products of values and of their moduli, in the notation of Python (``p1*x1 - 0.5*z1*abs(z1)``). The adjoint
and the gradient are derived in `crn.neural.neural_ode`; which reactions carry them is said in `crn.neural.forms`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from crn.diagnostics import CircuitError, Diagnostic, Span
from crn.network import NAME
from crn.neural.circuit import LearningCircuit
from crn.neural.forms.build import Form, circuit_of
from crn.neural.neural_ode import Input, NeuralODE, Output, State
from crn.neural.polynomial import Polynomial, value
from crn.quantities import nearest


def neural_ode(
    *,
    state: Mapping[str, str],
    inputs: Sequence[str],
    outputs: Mapping[str, str],
    parameters: Mapping[str, float],
    constants: Mapping[str, float] | None = None,
    start: Mapping[str, str] | None = None,
    duration: float = 1.0,
    signed: Sequence[str] = (),
    positive: Sequence[str] = (),
    form: Form = Form(form="two-phase"),
    name: str = "neural-ode",
) -> LearningCircuit:
    """Return a circuit that learns the parameters of a differential equation.

    Parameters
    ----------
    state : mapping of str to str
        For every component the right-hand side dz/dt.
    inputs : sequence of str
        The ports; each is a constant while the equation runs.
    outputs : mapping of str to str
        For every target the read-out at the end: a sum of components with coefficients 1 and -1, or of products of a component
        and a parameter of its own.
    parameters : mapping of str to float
        Initial values.
    constants : mapping of str to float, optional
        Values that are the same for every sample.
    start : mapping of str to str, optional
        z(0) where it is not 0: a linear combination of inputs and constants.
    duration : float
        How long the equation runs, in formal time.
    signed : sequence of str
        Inputs and targets that may be negative.
    positive : sequence of str
        Components that the equation keeps from falling below 0; they get one rail instead of two.
    form : Form
        Form, clock, gradient and rates.
    name : str

    Raises
    ------
    CircuitError
        With a caret under the part of an equation that cannot be read or carried.

    Examples
    --------
    >>> circuit = neural_ode(
    ...     state={"z": "p*x - 0.5*z*abs(z)"}, inputs=["x"], outputs={"y": "z"}, parameters={"p": 0.3}
    ... )
    >>> len(circuit.crn.reactions) > 0
    True
    """
    constants = dict(constants or {})
    names = [*inputs, *constants, *state, *parameters]
    _check_names(names)
    inner = {n: f"X{i}" for i, n in enumerate([*inputs, *constants], 1)}
    inner |= {n: f"Z{i}" for i, n in enumerate(state, 1)}
    inner |= {n: f"P_{n}" for n in parameters}

    def read(text: str, of: str) -> Polynomial:
        return parse_polynomial(text, names, f"<{of}>").renamed(inner)

    unknown = sorted(set(signed) - set(inputs) - set(outputs)) + sorted(set(positive) - set(state))
    if unknown:
        raise CircuitError(f"{unknown[0]!r} is said to be signed or positive, but is no input, target or component")
    begin = {z: _linear(read(text, f"start of {z}"), z) for z, text in (start or {}).items()}
    if strange := sorted(set(begin) - set(state)):
        raise CircuitError(f"a start is given for {strange[0]!r}, which is no component of the state")
    page = NeuralODE(
        name,
        (
            *(Input(inner[x], x, signed=x in signed) for x in inputs),
            *(Input(inner[c], None, v) for c, v in constants.items()),
        ),
        tuple(
            State(inner[z], read(text, f"d{z}/dt"), begin.get(z, ()), signed=z not in positive)
            for z, text in state.items()
        ),
        tuple(
            Output(t, _weights(read(text, t), t, [inner[z] for z in state]), signed=t in signed)
            for t, text in outputs.items()
        ),
        tuple((inner[p], v) for p, v in parameters.items()),
        duration,
    )
    return circuit_of(page, form, name)


def parse_polynomial(text: str, names: Sequence[str], source: str) -> Polynomial:
    """Return the polynomial that an expression says.

    Parameters
    ----------
    text : str
        Numbers, names, ``+ - * **`` with whole exponents, ``abs()`` of a name, division by a number, parentheses.
    names : sequence of str
        What may occur in it.
    source : str
        Where the text comes from.
    """

    def fault(message: str, node: ast.expr | None = None, column: int = 0, advice: str = "") -> CircuitError:
        begin = node.col_offset if node is not None else column
        length = (
            (node.end_col_offset or begin + 1) - begin if node is not None and node.end_lineno == node.lineno else 1
        )
        return CircuitError(Diagnostic(message, Span(source, 1, begin + 1, text, max(1, length)), advice))

    def of(node: ast.expr) -> Polynomial:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return Polynomial.collect({(): float(node.value)})
        if isinstance(node, ast.Name):
            if node.id not in names:
                raise fault(
                    f"{node.id!r} is not defined",
                    node,
                    advice=nearest(node.id, names) or f"defined: {', '.join(names)}",
                )
            return value(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            return of(node.operand) * (-1.0 if isinstance(node.op, ast.USub) else 1.0)
        if isinstance(node, ast.BinOp):
            return operation(node)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "abs"
            and len(node.args) == 1
        ):
            if not isinstance(node.args[0], ast.Name):
                raise fault("only a single value has a modulus here", node, advice="write abs(z), not abs of a sum")
            return abs(of(node.args[0]))
        raise fault("this is no sum of products", node, advice="use numbers, names, + - * **, and abs() of a name")

    def operation(node: ast.BinOp) -> Polynomial:
        left = of(node.left)
        if isinstance(node.op, ast.Pow):
            if not (
                isinstance(node.right, ast.Constant) and isinstance(node.right.value, int) and 0 < node.right.value < 9
            ):
                raise fault("an exponent is a whole number from 1 to 8", node.right)
            return left**node.right.value
        right = of(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Div) and not right.values and right.at({}):
            return left * (1 / right.at({}))
        raise fault("only numbers divide here, and there are no other operations than + - * **", node.right)

    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        column = max(0, (getattr(error, "offset", 1) or 1) - 1)
        raise fault("this is no expression", column=column) from None
    text = text.strip()
    return of(tree.body)


def _check_names(names: Sequence[str]) -> None:
    for n in names:
        if NAME.fullmatch(n) is None or n == "abs":
            raise CircuitError(f"{n!r} cannot be a name; use letters, digits and underscores, a letter first")
        if list(names).count(n) > 1:
            raise CircuitError(f"{n!r} is defined twice")


def _linear(polynomial: Polynomial, z: str) -> tuple[tuple[str, float], ...]:
    found = []
    for monomial, c in polynomial.terms:
        if len(monomial) != 1 or monomial[0][1:] != (1, 0) or not monomial[0][0].startswith("X"):
            raise CircuitError(f"the start of {z} has to be a linear combination of inputs and constants")
        found.append((monomial[0][0], c))
    return tuple(found)


def _weights(polynomial: Polynomial, target: str, states: Sequence[str]) -> tuple[tuple[str, int | str], ...]:
    found: list[tuple[str, int | str]] = []
    for monomial, c in polynomial.terms:
        factors = [f[0] for f in monomial if f[1:] == (1, 0)]
        components = [f for f in factors if f in states]
        weights = [f for f in factors if f.startswith("P_")]
        plain = (
            len(factors) == len(monomial) and len(components) == 1 and len(components) + len(weights) == len(factors)
        )
        if not plain or len(weights) > 1 or (weights and c != 1) or c not in (1.0, -1.0):
            raise CircuitError(
                f"the output {target} has to be a sum of components with coefficients 1 and -1, or of products of a component and "
                "a parameter"
            )
        found.append((components[0], weights[0] if weights else int(c)))
    return tuple(found)
