# Bandstand. `make demo` shows it, `make test` proves it; `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet

.PHONY: demo test help lint format check bench shots crash drills docs wheel requirements clean

demo: $(VENV)/demo.stamp  ## a whole store on this computer, filled with music: the shop opens in your browser
	@$(BIN)/bandstand demo $(ARGS)

test: $(VENV)/dev.stamp  ## every ring of tests; REQUIRE_ALL=1 makes an absent server or browser a failure
	@failed=0; \
	  $(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS) || failed=1; \
	  $(BIN)/python -m tests.on_postgres $(ARGS) || failed=1; \
	  $(BIN)/python -m pytest -n auto --dist loadgroup -m browser $(ARGS) tests/browser || failed=1; \
	  exit $$failed  # every ring runs, also after one that failed

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lint: $(VENV)/dev.stamp  ## format, rules, strict types, import contracts, templates
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint --quiet --check --lint src
	@BANDSTAND_DATA=$$(mktemp -d) BANDSTAND_SECRET_KEY=lint-lint-lint-lint-lint-lint-lint-lint-lint-0123456789 \
	  BANDSTAND_TICKET_KEYS=lint:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY BANDSTAND_STORE_URL=https://store.example \
	  $(BIN)/bandstand store manage check --deploy --fail-level WARNING
	@BANDSTAND_DATA=$$(mktemp -d) BANDSTAND_SECRET_KEY=x BANDSTAND_TICKET_KEYS=lint:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY \
	  $(BIN)/bandstand store manage makemigrations --check --dry-run

format: $(VENV)/dev.stamp  ## put code and templates into shape
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .
	@$(BIN)/djlint --quiet --reformat src || true

check: lint test  ## both

bench: $(VENV)/dev.stamp  ## the headline figures, each beside a named alternative
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

shots: $(VENV)/dev.stamp  ## screenshots of every page at phone and desktop width, light and dark, into build/shots
	@$(BIN)/python -m tests.browser.shots

crash: $(VENV)/dev.stamp  ## kill -9 at 50 random moments of intake and of checkout, on SQLite and PostgreSQL
	@$(BIN)/python -m tests.crash.intake --kills 50 --database sqlite
	@$(BIN)/python -m tests.crash.intake --kills 50 --database postgres
	@$(BIN)/python -m tests.crash.checkout --kills 50 --database sqlite
	@$(BIN)/python -m tests.crash.checkout --kills 50 --database postgres
	@$(BIN)/python -m tests.crash.shoppers --kills 50 --database sqlite
	@$(BIN)/python -m tests.crash.shoppers --kills 50 --database postgres

drills: $(VENV)/dev.stamp  ## long runs: a million baskets, the till in any order, webhooks, races, a large shelf fetched through cuts, broken OMA files, converting through kills
	@$(BIN)/python -m tests.drills.baskets --count 1000000
	@$(BIN)/python -m tests.drills.till
	@$(BIN)/python -m tests.drills.till --plant all --runs 100
	@for database in sqlite postgres; do \
	  $(BIN)/python -m tests.drills.webhooks --database $$database && \
	  $(BIN)/python -m tests.drills.racing --database $$database && \
	  $(BIN)/python -m tests.crash.paying --kills 200 --database $$database || exit 1; done
	@$(BIN)/python -m tests.drills.fetch
	@$(BIN)/python -m tests.drills.mutate_oma --count 10000
	@$(BIN)/python -m tests.drills.convert --files 200 --kills 20

docs: $(VENV)/dev.stamp  ## check that every link inside docs leads somewhere
	@$(BIN)/python -m pytest -q tests/quality/test_docs.py

wheel: $(VENV)/dev.stamp  ## build the distribution into dist/
	@rm -rf dist && $(BIN)/python -m hatchling build -t wheel

requirements:  ## pin anew (needs uv), with hashes
	@for set in "base:" "dev:--all-extras --group build --group test --group lint" ; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    $${set#*:} pyproject.toml --output-file requirements/$${set%%:*}.txt || exit 1; done
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --group build --output-file requirements/build.txt

clean:  ## remove what was built
	@rm -rf build dist $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: requirements/base.txt requirements/build.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing (once) ..."
	@$(PIP) install --require-hashes -r requirements/base.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what tests need (once) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/demo.stamp
