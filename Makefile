# One task file, for people and for CI. `make` lists the targets.
#
# A target sets up what it needs. A stamp in .venv/ that is newer than its lock means that there is
# nothing to do, and then nothing is run to find that out.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 8080
ARGS ?=
WORKERS ?= 2
CODE := src tests $(wildcard bench examples)

# A virtual environment that was made for another folder is of no use in this one.
ifneq ($(file <.venv/.root),$(CURDIR))
MOVED := moved
endif

.PHONY: help serve test bench lint format docs screenshots lock venv clean moved

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

serve: .venv/.stamp-issuer ## Start the issuer with a demonstration workspace (PORT=8080, ARGS=…)
	@exec .venv/bin/remint serve --demo --port $(PORT) $(ARGS)

test: .venv/.stamp-dev lint ## Check everything: lint, then all tests (ARGS=… goes to pytest)
	@scripts/setup postgres
	@scripts/setup node
	@scripts/setup browser
	@exec .venv/bin/pytest -n $(WORKERS) --dist loadscope --cov --cov-report=term $(ARGS)

bench: .venv/.stamp-dev ## Measure, and print the figures (ARGS=…)
	@exec .venv/bin/python -m bench $(ARGS)

lint: .venv/.stamp-dev ## Ruff, mypy and the import contract
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/mypy $(CODE)
	@.venv/bin/lint-imports --no-logo --cache-dir .cache/imports >.cache/imports.txt || { cat .cache/imports.txt; exit 1; }

format: .venv/.stamp-dev ## Let ruff format the code and mend what it can
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

docs: .venv/.stamp-dev ## Make the generated pages anew: docs/cli.md, docs/openapi.json
	@.venv/bin/python scripts/generate_docs.py

screenshots: .venv/.stamp-dev ## Take pictures of the console's pages into .cache/screenshots (ARGS=--docs: into docs/)
	@scripts/setup browser
	@.venv/bin/python -m scripts.screenshots $(ARGS)

lock: .venv/.stamp-issuer ## Recompile requirements/*.txt (ARGS=--upgrade moves every pin)
	@scripts/lock $(ARGS)

venv: .venv/.stamp-dev ## Make .venv with everything that development needs
	@:

clean: ## Remove the virtual environment and what tools left behind
	rm -rf .venv .cache .coverage .coverage.* .hypothesis .schemathesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.stamp-%: requirements/%.txt requirements/setup.txt pyproject.toml $(MOVED)
	@scripts/setup $*
