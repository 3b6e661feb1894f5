# Everything a new machine needs: `make run` starts the app on its demo data, `make test` runs all checks.
# Other systems: see "Without make" in the README.

SHELL := /bin/sh
PYTHON ?=
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin

.PHONY: help setup run test lint bench clean

help:  ## list the commands
	@sed -n 's/^\([a-z]*\):.*##/make \1 -/p' Makefile

setup:  ## install Qt's system libraries and the Python packages into .venv
	@sh .ci/setup/system_libraries.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh .ci/setup/virtual_environment.sh

run: setup  ## start the app on its demo data (ARGS="--data FOLDER" opens another)
	$(BIN)/python main.py --data demo $(ARGS)

test: lint  ## all checks and tests, without a screen (ARGS="-k map" chooses)
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest $(ARGS)

lint: setup  ## style, types and the walls between the parts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup  ## measure every claim about speed
	@for script in $$(ls benchmarks/*.py | grep -v make_); do echo "== $$script"; PYTHONPATH=. QT_QPA_PLATFORM=offscreen $(BIN)/python "$$script" || exit 1; done

clean:  ## remove what was built, not your workspace
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
