# Everything runs in .venv, which the first target that needs it sets up. Needs Python >= 3.11 and make, nothing else.
PYTHON ?= python3
BIN := .venv/bin
OUT ?= out/demo
# Small matrices: one thread each is faster than several, and the figures are then the same on every machine.
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: demo test studies tables lint format types layers wheel examples check clean

demo: .venv/run.stamp
	$(BIN)/strandwright demo -o $(OUT)

test: .venv/dev.stamp
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist worksteal

studies: .venv/dev.stamp
	$(BIN)/python -m pytest -m slow -n 2 --dist worksteal

tables: .venv/run.stamp
	$(BIN)/strandwright circuits --table -o docs

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: .venv/dev.stamp
	$(BIN)/mypy
	$(BIN)/mypy tests examples

layers: .venv/dev.stamp
	$(BIN)/lint-imports

wheel: .venv/dev.stamp
	sh .ci/wheel

examples: .venv/dev.stamp
	sh .ci/examples

check: test lint types layers wheel examples demo

clean:
	rm -rf .venv out dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.venv/made.stamp:
	$(PYTHON) -c 'import sys; sys.exit("Python >= 3.11 is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	touch $@

.venv/run.stamp: .venv/made.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/dev.stamp: .venv/made.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@
	touch .venv/run.stamp
