# The one door to everything a developer does here. `make` alone lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
ARGS ?=
# What the contracts are compared with: the commit before this one, or the branch that a change is meant for.
AGAINST ?= HEAD~1

# A machine without Node.js gets one from a Python package.
NODE_GROUP := $(shell command -v npm >/dev/null || echo --group node)
export PATH := $(PATH):$(CURDIR)/$(BIN)

PROTOS := $(shell find protos -name '*.proto' 2>/dev/null)
PRELUDE := services/executor/prelude
PRELUDE_SOURCES := $(shell find $(PRELUDE) services/executor/engine -not -path '*/node_modules*' -type f 2>/dev/null)
LIBRARIES := services/executor/libraries
LIBRARY_SOURCES := $(shell find $(LIBRARIES) -not -path '*/node_modules*' -type f -not -name '*.md' 2>/dev/null)

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  \033[36m%-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- set-up -----------------------------------------------------------------------------------------------------------
.PHONY: setup
setup: $(VENV)/.ready penstock/.ready services/executor/dist/.ready services/executor/dist/libraries/index.json examples/package/node_modules/.installed examples/clients/node/node_modules/.installed tests/api/node_modules/.installed ## prepare everything: Python environment, contracts, JavaScript prelude and libraries

$(VENV)/.ready: pyproject.toml uv.lock
	@echo "· Python environment from uv.lock"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	@$(BIN)/uv sync --quiet --locked $(NODE_GROUP)
	@touch $@

penstock/.ready: $(VENV)/.ready $(PROTOS) buf.yaml
	@echo "· contracts from protos/"
	@rm -rf penstock && mkdir penstock
	@$(BIN)/python -m grpc_tools.protoc -Iprotos --plugin=protoc-gen-mypy=$(BIN)/protoc-gen-mypy --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc \
		--python_out=. --grpc_python_out=. --mypy_out=quiet:. --mypy_grpc_out=quiet:. $(PROTOS:protos/%=%)
	@find penstock -type d -exec touch {}/__init__.py \;
	@touch $@

services/executor/dist/.ready: $(VENV)/.ready $(PRELUDE_SOURCES)
	@echo "· JavaScript engine and prelude (npm)"
	@cd $(PRELUDE) && npm ci --silent --no-audit --no-fund && npm run --silent build
	@touch $@

# What is installed changes less often than what is made of it.
$(LIBRARIES)/node_modules/.installed: $(LIBRARIES)/package-lock.json | services/executor/dist/.ready
	@echo "· packages that functions find built in (npm)"
	@cd $(LIBRARIES) && npm ci --silent --no-audit --no-fund --ignore-scripts --omit=optional
	@touch $@

services/executor/dist/libraries/index.json: $(LIBRARIES)/node_modules/.installed $(LIBRARY_SOURCES)
	@echo "· libraries for functions, loaded on use"
	@cd $(LIBRARIES) && npm run --silent build

examples/package/node_modules/.installed: services/executor/dist/.ready examples/package/package-lock.json
	@cd examples/package && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

examples/clients/node/node_modules/.installed: services/executor/dist/.ready examples/clients/node/package-lock.json
	@cd examples/clients/node && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

tests/api/node_modules/.installed: services/executor/dist/.ready tests/api/package-lock.json
	@echo "· the client that the management API is tried with (npm)"
	@cd tests/api && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

.PHONY: protos
protos: $(VENV)/.ready ## make the Python contracts anew from protos/
	@rm -f penstock/.ready && $(MAKE) --no-print-directory penstock/.ready

# --- run --------------------------------------------------------------------------------------------------------------
.PHONY: demo
demo: setup ## see it work: a webhook, two functions, a delivery, its trace (ARGS=--exit ends by itself)
	@$(BIN)/penstock demo $(ARGS)

.PHONY: up
up: setup ## run all of Penstock on this machine until Ctrl-C
	@$(BIN)/penstock up $(ARGS)

# --- check ------------------------------------------------------------------------------------------------------------
.PHONY: test
test: setup lint types ## run all checks and tests, with real servers from packages
	@$(BIN)/pytest -n 3 --dist worksteal $(ARGS)

.PHONY: test-fast
test-fast: setup ## run the unit tests alone
	@$(BIN)/pytest -m 'not slow' tests/unit $(ARGS)

.PHONY: bench
bench: setup ## measure: image, sandbox, call, batch, HTTP in to HTTP out
	@$(BIN)/python -m tests.bench $(ARGS)

.PHONY: storm
storm: setup ## a storm of faults over 20,000 events, with its account (ARGS="--seed 7")
	@$(BIN)/python -m tests.faults $(ARGS)

.PHONY: soak
soak: setup ## the storm over 1,000,000 events: about four hours
	@$(BIN)/python -m tests.faults --events 1000000 $(ARGS)

.PHONY: lint
lint: setup ## ruff, import-linter, buf lint and buf breaking
	@$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet . && $(BIN)/lint-imports --no-logo >/dev/null || { $(BIN)/lint-imports; exit 1; }
	@$(BIN)/buf lint && $(BIN)/buf format --diff --exit-code
	@if git cat-file -e $(AGAINST):protos 2>/dev/null; then $(BIN)/buf breaking --against ".git#ref=$(AGAINST)"; else echo "  buf breaking: no contracts at $(AGAINST) to compare with"; fi

.PHONY: types
types: setup ## pyright in strict mode
	@$(BIN)/pyright

.PHONY: clean
clean: ## remove everything that the set-up and runs have made
	@rm -rf $(VENV) penstock .penstock services/executor/dist examples/package/node_modules examples/clients/node/node_modules tests/api/node_modules $(PRELUDE)/node_modules $(LIBRARIES)/node_modules .pytest_cache .ruff_cache .hypothesis .import_linter_cache
