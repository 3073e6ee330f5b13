# Each target builds what it needs; only git, make and Python >= 3.11 (with venv) must be there before.
#   make demo   the whole way on a made network, no service needed
#   make test   everything the suite needs, then all of it
#   make pictures   those of docs/dashboard.md, from the demo network in the system's Chromium
#   make lint   format, style, types, import arrows, dependencies, docstrings

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell requirements/python)
PROJECT := pyproject.toml hatch_build.py $(wildcard */__init__.py dashboard/canvas/*.toml dashboard/canvas/assets/*.*)
DEMO ?= lockstep-demo
PYTEST ?= -n 2 --dist worksteal --cov --cov-report=term-missing:skip-covered

.PHONY: demo test lint format docs pictures lock clean system
.DELETE_ON_ERROR:

demo: $(VENV)/run.stamp
	$(BIN)/lockstep demo --out $(DEMO)

test: system $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(PYTEST)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/interrogate -q .

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/dev.stamp
	$(BIN)/python docs/reference.py

pictures: $(VENV)/dev.stamp
	$(BIN)/lockstep demo --out $(DEMO)
	LOGNAME=analyst $(BIN)/python -m docs.pictures sqlite:///$(DEMO)/lockstep.db $(DEMO)/store --cases sqlite:///$(DEMO)/casebook.db

lock: $(VENV)/dev.stamp
	requirements/lock

system:
	@requirements/system

$(VENV)/bin/pip:
	requirements/venv "$(PYTHON)" $(VENV)

$(VENV)/run.stamp: requirements/run.txt $(PROJECT) | $(VENV)/bin/pip
	[ -e $(VENV)/dev.stamp ] || $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(PROJECT) | $(VENV)/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*
