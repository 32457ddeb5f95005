# Every target sets itself up: a machine needs Python 3.11 or newer, and make.
# `make run` serves the demo shop; `make test` and `make check` are what a change must pass.

BIN := .venv/bin
RUN := .venv/.installed-run
DEV := .venv/.installed-dev
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# Where Python is told to write no bytecode, each start would compile all of us again: 0.2 s.
COMPILE := $(BIN)/python -m compileall -q src/ordergraph
EXPLORER := src/ordergraph/web/static/explorer
EXPLORER_BUILT := $(EXPLORER)/graphiql.min.js
WORKERS ?= 2
SECONDS ?= 600
ROUNDS ?= 500
CARTS ?= 1000000

.PHONY: help run test soak check lint bench schema migration explorer explorer-if-possible clean

help:
	@echo 'make run        serve the demo shop at http://127.0.0.1:8000 (ARGS="--port 0" and such)'
	@echo 'make test       run the tests (ARGS="tests/core -x" and such)'
	@echo 'make soak       run the trials of concurrent buyers many times over (ROUNDS=500), then'
	@echo '                a million carts whose lines must add up (CARTS=1000000), then'
	@echo '                random sequences of all that moves money, then compare the executors'
	@echo '                (SECONDS=600 each; 0 is for ever)'
	@echo 'make check      format, lint, types, import contracts, schema, migrations, architecture'
	@echo 'make bench      time what matters, to compare before and after a change'
	@echo 'make schema     write schema.graphql from the code'
	@echo 'make migration  write a migration from the tables (NAME="add a column")'
	@echo 'make explorer   build the GraphQL explorer from its npm packages'

run: $(RUN) explorer-if-possible
	@exec $(BIN)/ordergraph serve --demo $(ARGS)

test: $(DEV)
	@exec $(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

soak: $(DEV)
	@ORDERGRAPH_ROUNDS=$(ROUNDS) $(BIN)/pytest -n $(WORKERS) --timeout=0 tests/journeys/test_trials.py $(ARGS)
	@ORDERGRAPH_CARTS=$(CARTS) $(BIN)/pytest --timeout=0 tests/bugs -k bug_30 $(ARGS)
	@ORDERGRAPH_SECONDS=$(SECONDS) $(BIN)/pytest -s -m soak tests/commerce/money $(ARGS)
	@ORDERGRAPH_SECONDS=$(SECONDS) $(BIN)/pytest -s -m soak tests/graph/execution $(ARGS)

check: lint
	@echo '== schema.graphql is what the code serves'
	@$(BIN)/ordergraph schema export | diff -u schema.graphql - \
	    || { echo 'schema.graphql is behind the code: run make schema and read the difference.'; exit 1; }
	@echo '== the migrations make the tables that the code declares'
	@$(BIN)/ordergraph db check
	@echo '== architecture'
	@$(BIN)/pytest -q tests/architecture

lint: $(DEV)
	@echo '== format'
	@$(BIN)/ruff format --check .
	@echo '== lint'
	@$(BIN)/ruff check .
	@echo '== types'
	@$(BIN)/pyright
	@echo '== import contracts'
	@$(BIN)/lint-imports --no-logo

bench: $(DEV)
	@exec $(BIN)/python -m benchmarks $(ARGS)

schema: $(DEV)
	@$(BIN)/ordergraph schema export > schema.graphql.new
	@mv schema.graphql.new schema.graphql

migration: $(DEV)
	@test -n '$(NAME)' || { echo 'Say what it does: make migration NAME="add a column"'; exit 1; }
	@$(BIN)/ordergraph db revision '$(NAME)'

explorer: $(EXPLORER_BUILT)

explorer-if-possible:
	@if [ ! -e $(EXPLORER_BUILT) ] && command -v npm >/dev/null; then \
	    $(MAKE) --no-print-directory explorer \
	        || echo 'The explorer could not be built: the server runs without it.'; \
	fi

clean:
	rm -rf .venv .ordergraph build dist node_modules $(EXPLORER)

$(EXPLORER_BUILT): explorer/package-lock.json explorer/build.mjs
	@echo 'Building the explorer from its npm packages ...'
	@cd explorer && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build

# A virtual environment with the pinned packages; renewed when what is pinned has changed.
$(RUN): pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing ordergraph into .venv ...'
	@$(PIP) -e .
	@$(COMPILE)
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing ordergraph and its development tools into .venv ...'
	@$(PIP) -e '.[dev]'
	@$(COMPILE)
	@touch $@ $(RUN)

$(BIN)/python:
	@for name in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	    if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        exec $$name -m venv .venv; \
	    fi; \
	done; \
	echo 'ordergraph needs Python 3.11 or newer: name one with make PYTHON=/path/to/python.'; exit 1
