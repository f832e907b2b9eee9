# The two commands: `make serve` and `make test`. Both make .venv first; nothing but Python >= 3.11 and make is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Where Python is told to keep no bytecode (many a container does), our own modules would be compiled anew at each start,
# which is a third of it, and the tests start many. All others pip has compiled.
COMPILE := $(BIN)/python -m compileall -q deskbell.py bot ingest api core
export PYTHONDONTWRITEBYTECODE :=

.PHONY: serve demo test lint types unit bench bench-scale soak fuzz tables clean help

serve: $(VENV)/.serve        ## install and serve: API and form on port 8000, SMTP on port 8025
	$(BIN)/deskbell serve

demo: $(VENV)/.serve         ## the same with users, sample tickets and mails, in a folder of its own
	$(BIN)/deskbell serve --demo

test: lint types unit        ## everything CI runs: ruff, mypy --strict, pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

# In three processes of about the same length: two cores are busy while one waits for a timer, or for Telegram's pace.
API := tests/api tests/whole
MAIL := tests/ingest tests/contracts tests/core/storage
unit: $(VENV)/.dev
	@echo "pytest, in three parts"; \
	$(BIN)/pytest -q $(API) >$(VENV)/api.log 2>&1 & api=$$!; \
	$(BIN)/pytest -q $(MAIL) >$(VENV)/mail.log 2>&1 & mail=$$!; \
	$(BIN)/pytest -q $(API:%=--ignore=%) $(MAIL:%=--ignore=%); others=$$?; \
	wait $$api; first=$$?; wait $$mail; second=$$?; \
	echo; echo "the part for the API and the program as a whole"; cat $(VENV)/api.log; \
	echo; echo "the part for mail, contracts and storage"; cat $(VENV)/mail.log; \
	exit $$((others || first || second))

bench: $(VENV)/.dev          ## how fast, as ratios against bare libraries in the same run (docs/benchmarks.md)
	$(BIN)/python -m benchmarks

bench-scale: $(VENV)/.dev    ## lists and searches at a million imported tickets, about half an hour and 5 GB
	$(BIN)/python -m benchmarks.scale

soak: $(VENV)/.dev           ## crash tests for mail (and two mutants that must fail it) and for Telegram; a crowd at the door
	$(BIN)/python -m benchmarks.crash
	$(BIN)/python -m benchmarks.telegram
	$(BIN)/python -m benchmarks.strangers

fuzz: $(VENV)/.dev           ## everything the documentation says of the API, tried at random, API by API, some forty minutes
	$(BIN)/python -m benchmarks.fuzz

tables: $(VENV)/.serve       ## after a change of the tables: write anew what an empty SQLite file gets
	$(BIN)/python -m core.storage.new_tables

clean:                       ## remove everything that was made here, but no data
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Deskbell needs Python 3.11 or newer; say which one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serve: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e .
	@$(COMPILE)
	@touch $@

# `--group` came with pip 25.1; the pip inside a new environment may be older.
$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --upgrade 'pip>=25.1'
	$(PIP) install -c constraints.txt -e . --group dev
	@$(COMPILE)
	@touch $@ $(VENV)/.serve
