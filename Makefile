# Every target can be run again at any time; `make help` lists them.
SHELL := bash
PY := .venv/bin/python
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

# --no-deps: the lock is complete, and resolving again could reach for a release that is newer than the lock.
.venv/.installed: requirements.lock
	@echo '· 安装依赖 (第一次约一分钟)'
	@test -x $(PY) || python3 -m venv .venv
	@$(PY) -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(PY) -m pip check --quiet
	@touch $@

# The bot's model is made from its entries: two seconds, the same on every machine.
bot/model.npz: .venv/.installed $(wildcard bot/faq/*.toml bot/*.py)
	@echo '· 训练问答模型'
	@$(PY) -m bot train
	@touch $@

setup: .venv/.installed bot/model.npz ## make .venv, install the locked requirements, train the bot's model

run: setup ## start everything on this machine: database, Redis, WeChat simulator, web, worker, schedule
	@exec $(PY) -m backend run

tour: setup ## one case from guide to public list, against the running service
	@$(PY) -m backend tour

# Debian's own chromium and Chinese fonts. Where they cannot be installed the browser's tests say so and are skipped;
# with CI=true they fail.
browser-setup: ## install chromium and Chinese fonts where they are missing and can be
	@if command -v chromium >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q .; then exit 0; fi; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo '· 安装 chromium 和中文字体'; \
		(apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			chromium fonts-noto-cjk fontconfig) >/dev/null 2>&1 || echo '! chromium 没有装上, 浏览器测试会被跳过'; \
	else echo '! 没有 chromium, 浏览器测试会被跳过; 请用管理员运行: apt-get install chromium fonts-noto-cjk'; fi

# `make test PROCESSES=2` is quicker: a file's tests stay together, each process has its own PostgreSQL and Redis. One is
# the rule, since what is timed (a platform's five seconds, a lease) is then timed on a machine that does nothing else.
PROCESSES ?= 1
test: setup browser-setup ## pass all tests, each proof scaled down, the browser's included
	@$(PY) -m pytest -rs $(if $(filter-out 1,$(PROCESSES)),-n $(PROCESSES) --dist loadfile)

format: setup ## rewrite the code in the house format
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix --quiet .

lint: setup secrets ## format, lint, types, import contracts, secrets
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m ruff check --quiet .
	@$(PY) -m mypy
	@out=$$(.venv/bin/lint-imports --no-cache 2>&1) || { echo "$$out"; exit 1; }

# What stands in .secrets.baseline is of the demonstration; a new one is entered with
# `detect-secrets scan --no-verify --baseline .secrets.baseline`, after somebody has looked at it.
secrets: setup ## no secret stands in a tracked file
	@$(PY) -m tools.known_secrets

audit: setup ## known advisories about the locked packages, where a service can be asked
	@$(PY) -m tools.audit

check: lint test coverage ## lint, test, cover

# What is measured is measured on the disk; the tests' own servers keep their data in memory where there is room.
proof: export STORES_ON_DISK = 1
proof: setup ## the long measurements at full size, raw results into docs/proof/
	@mkdir -p docs/proof
	@$(PY) -m benchmarks.public_list --seconds 10 --rounds 7 | tee docs/proof/public_list.json
	@$(PY) -m benchmarks.rules --number 20000 | tee docs/proof/rules.json
	@$(PY) -m benchmarks.bot bot/heldout.jsonl --http | tee docs/proof/bot.json
	@$(PY) -m bot evaluate tests/bot/fresh.jsonl | tee docs/proof/bot-fresh.json
	@$(PY) -m bot study bot/heldout.jsonl | tee docs/proof/bot-study.json
	@$(PY) -m tests.fuzz > docs/proof/schemathesis.json || { cat docs/proof/schemathesis.json; exit 1; }
	@MATRIX_EVERY=1 SEQUENCES=100 $(PY) -m pytest -q tests/access
	@$(PY) -m benchmarks.trail --entries 1000000 --seconds 5 --rounds 7 | tee docs/proof/trail.json
	@$(PY) -m benchmarks.notices --messages 5000 --rounds 5 --claims 50000 | tee docs/proof/notices.json
	@NOTICE_PROOF_LIST=20000 NOTICE_PROOF_TO=docs/proof/notices-soak.json $(PY) -m pytest -q tests/proofs/test_a_list_before_a_meeting.py
	@NOTICE_PROOF_KILLS=200 NOTICE_PROOF_TO=docs/proof/notices-crash.json $(PY) -m pytest -q tests/proofs/test_workers_that_are_killed.py
	@TRAIL_PROOF=2000 $(PY) -m pytest -q -s tests/trail/test_a_database_that_is_killed.py
	@HYPOTHESIS_PROFILE=proof $(PY) -m pytest tests/rules tests/bot/test_scrubbing.py tests/notices/test_wording.py tests/trail/test_the_chain_itself.py

coverage: setup ## every branch of rules/ is covered
	@$(PY) -m pytest -q --cov=rules --cov-branch --cov-fail-under=100 --cov-report=term-missing:skip-covered tests/rules tests/scenarios

mutation: setup ## change rules/ in a thousand ways and list what no test notices (about ten minutes)
	@rm -rf mutants
	@.venv/bin/mutmut run --max-children 2
	@.venv/bin/mutmut results

scenarios: setup ## the named situations as a table for a lawyer to sign
	@$(PY) -m tests.scenarios

pictures: setup browser-setup ## the pictures of the README, from the running service
	@$(PY) docs/pictures/take.py

lock: ## renew requirements.lock from pyproject.toml (needs uv)
	@uv pip compile -q --universal --python-version 3.11.0 --all-extras --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock

.PHONY: help setup run tour browser-setup test format lint secrets audit check coverage mutation scenarios proof pictures lock
