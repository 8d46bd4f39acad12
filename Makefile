# City Brain (城市大脑). `make` alone prints what there is.

PYTHON := $(or $(shell command -v python3.11),$(shell command -v python3))
CITYBRAIN := .venv/bin/citybrain

# Hundreds of processes that each compile their libraries anew take twice as long to start as ones that keep the result.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo up down status doctor test test-heavy bench bench-fusion bench-incidents bench-clocks splits lint format contracts lock clean-state clean

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## Install what is missing: private uv, three locked environments, jars
	@test -n "$(PYTHON)" || { printf 'error  Python 3.11 is missing\n  do   sudo apt-get install -y python3.11 python3.11-venv\n' >&2; exit 1; }
	@"$(PYTHON)" infra/install.py

demo: install ## Install, start everything, play two cities into it, publish; seconds when run again
	@$(CITYBRAIN) demo

up: install ## Start the stack on loopback and wait until it is healthy
	@$(CITYBRAIN) up

down: ## Stop everything; state stays
	@if [ -x $(CITYBRAIN) ]; then $(CITYBRAIN) down; fi

status: ## Show the state of each part
	@$(CITYBRAIN) status

doctor: ## Check machine, installation, settings and ports
	@if [ -x $(CITYBRAIN) ]; then $(CITYBRAIN) doctor; else "$(PYTHON)" infra/install.py --check && echo "the machine is ready; next: make install"; fi

test: install ## Run every test (installs Chromium and a CJK font by apt where it may)
	@infra/test-tools.sh
	@.venv/bin/python -m tests.run

test-heavy: install ## Run the tests that take minutes each: servers killed, lost, and begun anew
	@infra/test-tools.sh
	@.venv/bin/python -m tests.run --heavy

bench: install ## Measure the stream's kernel against a textbook job, in one run (minutes)
	@.venv/bin/python -m tests.benchmarks.bench_kernel

bench-fusion: install ## Measure fusion of up to a million reports, and of one in a hundred more (minutes)
	@.venv/bin/python -m tests.benchmarks.bench_fusion

bench-incidents: install ## Measure how good fusion is by noise and density, on cities whose truth is known (10 minutes)
	@.venv/bin/python -m tests.benchmarks.bench_incidents

bench-clocks: install ## Measure due times and working minutes of a million cases, beside other ways (minutes)
	@.venv/bin/python -m tests.benchmarks.bench_clocks

splits: install ## Compare incremental builds with full ones over many random splits of events (SPLITS=20)
	@CITYBRAIN_SPLITS=$(or $(SPLITS),20) .venv/bin/python -m pytest -q tests/dbt/test_kept.py

lint: install ## Check style, types, SQL and contracts
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy
	@.venv/bin/sqlfluff lint --processes 2 dbt_project
	@$(CITYBRAIN) contracts check && $(CITYBRAIN) contracts render --check

format: install ## Format Python and SQL
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix . && .venv/bin/sqlfluff fix --quiet dbt_project

contracts: install ## Check the contracts and render what follows from them
	@$(CITYBRAIN) contracts check && $(CITYBRAIN) contracts render

lock: install ## Write the locks anew from infra/locks/*.in, with hashes (UPGRADE=1 takes the newest versions)
	@for in in infra/locks/*.in; do \
	  .uv/bin/uv pip compile --quiet --generate-hashes --no-annotate --python-version 3.11 $(if $(UPGRADE),--upgrade) \
	    --custom-compile-command "make lock" "$$in" --output-file "$${in%.in}.lock" || exit 1; \
	done

clean-state: ## Remove all state, asking first (YES=1 does not ask)
	@if [ -x $(CITYBRAIN) ]; then $(CITYBRAIN) clean-state $(if $(YES),--yes); else echo "nothing is installed: make install"; fi

clean: down ## Stop the stack and remove the environments and jars (state stays)
	@rm -rf .venv .venvs .uv infra/jars/lib
