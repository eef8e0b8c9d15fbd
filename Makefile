# Everything sets itself up: a virtual environment in .venv, made anew when pyproject.toml or the pins change.
PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.ready
# An editable install is not compiled, and where Python is told to write no bytecode it would be compiled at every start.
COMPILE := $(BIN)/python -m compileall -q kconsole

.PHONY: demo test check lint types walls format bench screenshots readme samples clean

demo: .venv/.demo
	@$(BIN)/kconsole demo

# The console alone, without the tools of development.
.venv/.demo: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "kconsole needs Python 3.11 or newer; set PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing (on Debian: apt install python3-venv)." >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@$(COMPILE)
	@touch $@

$(SETUP): .venv/.demo pyproject.toml tests/constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint tests/constraints.txt --editable '.[dev]'
	@$(COMPILE)
	@touch $@

test: $(SETUP)
	@$(BIN)/python -m pytest -n auto --cov --cov-report=term

check: lint types walls test

lint: $(SETUP)
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check

types: $(SETUP)
	@$(BIN)/mypy

walls: $(SETUP)
	@$(BIN)/lint-imports

format: $(SETUP)
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

# Parts and sizes: make bench BENCH="screen --accounts 1000"
BENCH ?= --chart screenshots/bench-screen.svg
bench: $(SETUP) .venv/.bench
	@$(BIN)/python -m tests.bench $(BENCH)

# What kconsole is measured beside. Without it the bench goes on, and says what it left out.
.venv/.bench: $(SETUP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint tests/constraints.txt --editable '.[bench]' || echo "make bench goes on without its peers" >&2
	@touch $@

screenshots: $(SETUP)
	@$(BIN)/python -m tests.screenshots

readme: $(SETUP)
	@$(BIN)/python -m tests.readme

samples: $(SETUP)
	@$(BIN)/python -m kconsole.sources.samples data

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* snapshot_report.html
