# Session Conformance: the commands a person types. `make help` lists them.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
SC     := $(BIN)/session-conformance
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# What a run takes, such as: make test-all BACKENDS=sqlite,postgresql CASES=commit JOBS=1
BACKENDS ?= all
CASES    ?=
SERVERS  ?= auto
REQUIRE  ?=
JOBS     ?=
SEED     ?=
OUT      ?= reports/out
ARGS     ?=

RUN := $(SC) run --servers $(SERVERS) --out $(OUT) \
	$(if $(BACKENDS),--backend "$(BACKENDS)") $(if $(CASES),--case "$(CASES)") \
	$(if $(REQUIRE),--require "$(REQUIRE)") $(if $(JOBS),--jobs $(JOBS)) \
	$(if $(SEED),--seed $(SEED)) $(ARGS)

# What the example in docs/ shows of a whole run: enough to see each kind of page, and small.
EXAMPLE_CASES    := "ladder,commit,isolation.g*,isolation.lost*,error-contract"
EXAMPLE_BACKENDS := sqlite-pysqlite,postgresql-psycopg,postgresql-asyncpg,postgresql-pg8000,mysql-pymysql,mariadb-pymysql

# Parts that cannot be had on this machine are named and left out; they cost their columns only.
EXTRAS  := postgresql mysql mariadb docker local
DRIVERS := sqlite-async postgresql-async mysql-async duckdb mysqlclient mariadbconnector firebird

.DEFAULT_GOAL := help
.PHONY: help install test-all test test-thorough lint format images up down logs bench example tour clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Variables of test-all: BACKENDS= CASES= SERVERS=auto|url|docker|local REQUIRE= JOBS= SEED= OUT="

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 …"; exit 4; }
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.base: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing the suite"
	@$(PIP) -e . 2>$(VENV)/pip.log \
		|| { cat $(VENV)/pip.log; exit 3; }
	@echo "Installing the core drivers and what servers take"
	@for extra in $(EXTRAS); do \
		$(PIP) -e ".[$$extra]" 2>$(VENV)/pip.log \
			|| echo "  left out: $$extra ($$(grep -m1 ERROR $(VENV)/pip.log))"; \
	done
	@touch $@

$(VENV)/.drivers: $(VENV)/.base
	@echo "Installing the other drivers"
	@for extra in $(DRIVERS); do \
		$(PIP) -e ".[$$extra]" >/dev/null 2>$(VENV)/pip.log \
			|| echo "  left out: $$extra (what it takes stands in docs/drivers.md)"; \
	done
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@echo "Installing the tools of the project's own tests"
	@$(PIP) -e ".[dev]" 2>$(VENV)/pip.log \
		|| { cat $(VENV)/pip.log; exit 3; }
	@touch $@

install: $(VENV)/.base ## Make .venv with the suite and its drivers

test-all: $(VENV)/.base $(if $(filter core,$(BACKENDS)),,$(VENV)/.drivers) ## Run every case on every backend and write reports/out/latest/report.html
	@$(RUN)

test: $(VENV)/.dev ## Run the project's own tests; those that need servers run where servers can be had
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

test-thorough: $(VENV)/.dev ## As test, and the faulty drivers over every database
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "" $(ARGS)

lint: $(VENV)/.dev ## Check lint, format, types, and the rules of cases and backend files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(SC) lint

format: $(VENV)/.dev ## Mend lint and format where a tool can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

images: $(VENV)/.base ## Build the server images where no container registry can be reached
	@$(SC) images

# The compose plugin, the older program, or neither: then the suite starts the containers itself.
COMPOSE = $(shell docker compose version >/dev/null 2>&1 && echo docker compose || command -v docker-compose)

up: $(VENV)/.base ## Start the servers in containers; every run uses them until `make down`
	@$(if $(COMPOSE),env $$($(SC) images --environment) $(COMPOSE) -p session-conformance up -d,$(SC) servers start --ways docker)

down: $(VENV)/.base ## Stop what `make up` started
	@$(if $(COMPOSE),$(COMPOSE) -p session-conformance down,true)
	@$(SC) servers stop

logs: ## Show what the servers of `make up` say
	@$(if $(COMPOSE),$(COMPOSE) -p session-conformance logs --tail=100,for id in $$(docker ps -q --filter label=session-conformance.service); do docker logs --tail=100 $$id; done)

bench: $(VENV)/.base ## Measure cells per second, the harness against bare bodies, time to servers
	@$(SC) bench $(if $(BACKENDS),--backend "$(BACKENDS)") $(ARGS)

example: ## Run everything and write docs/example/report.html from a part of it
	@$(MAKE) --no-print-directory test-all BACKENDS=all
	@$(SC) report $(OUT)/latest --format html --out docs/example --case $(EXAMPLE_CASES) --backend $(EXAMPLE_BACKENDS)

tour: $(VENV)/.base ## Walk up the ladder of Session patterns and see what the database receives
	@$(SC) tour $(ARGS)

clean: ## Remove what was written: reports, caches, .venv
	rm -rf reports/out $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
