# What people and CI call. Needs Python >= 3.11, git and make; everything else goes into this folder.

VENV := .venv
BIN  := $(VENV)/bin
TOX   = $(BIN)/tox run

# Every cache stays in the clone: nothing of ours lands in a home folder.
export PIP_CACHE_DIR                := $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export VIRTUALENV_OVERRIDE_APP_DATA := $(CURDIR)/.cache/virtualenv
export MYPY_CACHE_DIR               := $(CURDIR)/.cache/mypy
export RUFF_CACHE_DIR               := $(CURDIR)/.cache/ruff
export XDG_CACHE_HOME               := $(CURDIR)/.cache
# What is set for another Python must not reach ours.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

# make PYTHON=/path/to/python chooses the interpreter of a new .venv
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help venv demo test lint format bench lifecycle clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

venv: ## Make or refresh .venv (only if setup.cfg or pyproject.toml changed)
	@scripts/make-venv $(VENV)

demo: venv ## Take the example job through the whole engine, on this machine
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/execution-engine run examples/self-check.yaml --code .

test: venv ## Lint, types, all tests of this Python, whole jobs, crashes, infrastructure: what CI asks
	@rm -rf .cache/build
	$(TOX) -e lint,lint-ci,types,all,infra

py3%: venv # make py313: the tests on another Python that this machine has
	@rm -rf .cache/build
	$(TOX) -e $@

lint: venv ## Style, import rules and types only
	$(TOX) -e lint,types

format: venv ## Rewrite the sources in the project's style
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: venv ## Count AWS calls and measure; prints JSON lines
	@rm -rf .cache/build
	@$(TOX) -qq -e bench

lifecycle: venv ## Draw docs/lifecycle.md from the transition table
	@mkdir -p .cache
	$(BIN)/python -m execution_engine.orders.lifecycle > .cache/lifecycle.md
	mv .cache/lifecycle.md docs/lifecycle.md

clean: ## Remove everything that was made here
	rm -rf $(VENV) .tox .cache build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
