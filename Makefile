# Every target can be run again at any time; `make help` lists them.
SHELL := bash
PY := .venv/bin/python
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

.venv/.installed: requirements.lock
	@echo '安装依赖 (约一分钟) ...'
	@test -x $(PY) || python3 -m venv .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

setup: .venv/.installed ## make .venv and install the locked requirements

run: setup ## start everything on this machine: database, Redis, WeChat simulator, web, worker, schedule
	@exec $(PY) -m backend run

tour: setup ## one case from guide to public list, against the running service
	@$(PY) -m backend tour

test: setup ## pass the tests
	@$(PY) -m pytest

lint: setup
	@$(PY) -m ruff check .
	@$(PY) -m mypy

check: lint test ## format, lint, types, import contracts, tests

lock: ## renew requirements.lock from pyproject.toml
	@uv pip compile -q --all-extras --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock

.PHONY: help setup run tour test lint check lock
