# Everything runs in .venv, which is made on first use.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: run test torture bench check lint clean

run: $(INSTALLED)  ## opens the program; without a terminal it trains model-c
	@if [ -t 0 ] && [ -t 1 ]; then \
		$(BIN)/cnn-tui; \
	else \
		echo "no terminal to open the dashboard on: training model-c headless"; \
		$(BIN)/cnn-tui train model-c; \
	fi

test: $(INSTALLED)  ## runs the tests, on two cores
	$(BIN)/pytest -n 2 --dist worksteal

torture: $(INSTALLED)  ## kills, hangs up and starves runs, types on a busy machine, reads exports back
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[export]'
	$(BIN)/pytest tests/export
	$(BIN)/pytest -n 2 --dist worksteal -m torture

bench: $(INSTALLED)  ## measures every budget; ONLY=keys measures one
	$(BIN)/python -m bench $(ONLY)

check: lint  ## everything: format, lint, types, import contracts, tests with coverage
	$(BIN)/pytest -n 2 --dist worksteal --cov --cov-report=term

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(INSTALLED): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cnn-tui needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv
