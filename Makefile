# Everything sets itself up: a virtual environment in .venv, rebuilt when pyproject.toml or the pins change.
PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.ready
# An editable install is not compiled, and where Python is told to write no bytecode it would be compiled at every start.
COMPILE := $(BIN)/python -m compileall -q kconsole

# The tests spend half their time waiting for programs, servers and timers: two processes for each core. Each begins with
# a part of the folders and takes from the others' in the end, so that those that wait run beside those that compute.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * len(os.sched_getaffinity(0)))')
# Installs, and shows a line for each package; the exit code of a pipe is that of its last part, hence the file.
PIP = rm -f .venv/.failed; { $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off $(1) || touch .venv/.failed; } \
	| sed -n 's/^Collecting \([^ ]*\).*/  \1/p; s/^Successfully installed.*/  done/p'; test ! -e .venv/.failed

.PHONY: demo test check lint types walls words everything exhaustive format bench screenshots golden readme samples clean
.PHONY: dist deb pyz sbom lock

demo: .venv/.demo
	@$(BIN)/kconsole demo

# The console alone, without the tools of development.
.venv/.demo: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "kconsole needs Python 3.11 or newer; set PYTHON=..." >&2; exit 1; }
	@echo "Setting up .venv: this takes about a minute, once."
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing (on Debian: apt install python3-venv)." >&2; exit 1; }
	@$(call PIP,--editable .)
	@$(COMPILE)
	@touch $@

$(SETUP): .venv/.demo pyproject.toml tests/constraints.txt
	@echo "Installing the development tools."
	@$(call PIP,--constraint tests/constraints.txt --editable '.[dev]')
	@$(COMPILE)
	@touch $@

# Each worker reads all tests, and tests start programs: compiled again each time, that takes a sixth of the minutes.
test everything: export PYTHONDONTWRITEBYTECODE =

# The quick tests: a few minutes on two cores. They say at the end what they leave out.
test: $(SETUP)
	@KCONSOLE_TESTS=quick $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# All that has to hold before a change lands.
check: lint types walls words everything

everything: $(SETUP) .venv/.packaging
	@$(BIN)/python -m slipcover -m pytest -n $(WORKERS) --dist worksteal
	@$(BIN)/python -m tests.coverage .coverage.json

# Each fault with each operation, and ten times the examples: about two hours. KCONSOLE_EXAMPLES=N tries N.
exhaustive: export KCONSOLE_EXAMPLES ?= 500
exhaustive: $(SETUP)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

lint: $(SETUP)
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check

types: $(SETUP) .venv/.packaging
	@$(BIN)/mypy

walls: $(SETUP)
	@$(BIN)/lint-imports

# The words of HOUSE 6, in texts that users and readers see.
words: $(SETUP)
	@$(BIN)/python -m tests.plain_words
	@$(BIN)/codespell kconsole README.md CHANGELOG.md

# What commands print and screens show, in golden/ of tests/cli, tests/tui and tests/plain: written again after a wording has changed on purpose.
golden: $(SETUP)
	@$(BIN)/python -m tests.cli.golden
	@$(BIN)/python -m tests.tui.golden
	@$(BIN)/python -m tests.plain.golden
	@git diff --stat tests/cli/golden tests/tui/golden tests/plain/golden

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

# What is handed out, in dist/: wheel and sdist, the Debian package, one file, and the list of parts (SBOM).
# FOR is the Python that it is for, whichever Python builds it: make pyz FOR=3.13
FOR ?= 3.11
dist deb pyz sbom: .venv/.packaging
	@$(BIN)/python -m tests.packaging $@ --python $(FOR)

# The exact versions and hashes of what packages carry: after pyproject.toml asked for something else, and
# with LOCK=--upgrade for newer versions.
lock: .venv/.packaging
	@$(BIN)/python -m tests.packaging lock $(LOCK)

.venv/.packaging: $(SETUP)
	@echo "Installing what builds and checks packages."
	@$(call PIP,--constraint tests/constraints.txt --editable '.[packaging]')
	@touch $@

screenshots: $(SETUP)
	@$(BIN)/python -m tests.screenshots

# The tables of README and topics, and the man pages.
readme: $(SETUP)
	@$(BIN)/python -m tests.readme
	@$(BIN)/python -m tests.completion
	@$(BIN)/python -m tests.man

samples: $(SETUP)
	@$(BIN)/python -m tests.samples data

clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .hypothesis .coverage.json
