# Two commands do everything on a machine that has only Python 3.11+ and make:
#   make report    answer the council's question; results in out/rotherham
#   make test      run the tests
# Set-up happens by itself, in .venv, from hash-locked requirements, and only when these change.

STUDY   ?= rotherham
OUT     ?= out/$(basename $(notdir $(STUDY)))
STREETS ?=
OFFLINE ?=
ORIGINS ?=
PYTEST_ARGS ?=

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
VENV_PYTHON := $(BIN)/python

# The first Python on the path that is new enough; give PYTHON=... to choose another.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for name in python3 python python3.14 python3.13 python3.12 python3.11; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	echo $$name; break; fi; done)
endif

PIP := $(VENV_PYTHON) -m pip --disable-pip-version-check install -qq
LOCKED := $(PIP) --require-hashes

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report lab test test-whole bounds fuzz check fix bench data docs notebooks pictures lock wheel-check clean

help:  ## Show this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1 - \2/p' Makefile
	@echo "Settings: STUDY=$(STUDY) OUT=$(OUT) STREETS=bundled|download|estimate|FILE ORIGINS=oa|postcode"

# ---------------------------------------------------------------- set-up, once

.venv/.made:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or give PYTHON=/path/to/python" >&2; exit 1; }
	@echo "Setting up .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv || { echo "Python cannot make a virtual environment here; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

.venv/.runtime: .venv/.made requirements/runtime.txt requirements/build.txt pyproject.toml
	@echo "Installing what the library needs (a few minutes the first time)"
	@$(LOCKED) -r requirements/runtime.txt -r requirements/build.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements/dev.txt
	@echo "Installing what the tests and checks need"
	@$(LOCKED) -r requirements/dev.txt
	@touch $@

.venv/.bench: .venv/.dev requirements/bench.txt
	@echo "Installing the programs to be timed against"
	@$(LOCKED) -r requirements/bench.txt
	@touch $@

.venv/.docs: .venv/.dev requirements/docs.txt
	@echo "Installing what the documentation site needs"
	@$(LOCKED) -r requirements/docs.txt
	@touch $@

.venv/.lab: .venv/.runtime requirements/lab.txt
	@echo "Installing JupyterLab"
	@$(LOCKED) -r requirements/lab.txt
	@touch $@

.venv/.lock: .venv/.dev requirements/lock.txt
	@$(LOCKED) -r requirements/lock.txt
	@touch $@

# ---------------------------------------------------------------- the main jobs

report: .venv/.runtime  ## Answer the question: report, map, tables (STUDY, OUT, STREETS, ORIGINS)
	@$(BIN)/eh-access report "$(STUDY)" --out "$(OUT)" $(if $(STREETS),--streets "$(STREETS)") $(if $(OFFLINE),--offline) $(if $(ORIGINS),--origins $(ORIGINS))
	@echo "Open $(OUT)/report.html in a browser; the map is $(OUT)/map.html"

lab: .venv/.lab  ## Open JupyterLab with the notebooks
	$(VENV_PYTHON) -m jupyterlab notebooks

test: .venv/.dev  ## Run the tests of every part, some ten minutes
	@$(VENV_PYTHON) -m pytest -m "not whole" --numprocesses auto --dist loadfile $(PYTEST_ARGS)

test-whole: .venv/.dev  ## Run guides, notebooks, batches, pages in a browser, files gone wrong
	@$(VENV_PYTHON) -m pytest -m whole --numprocesses auto --dist loadfile $(PYTEST_ARGS)

bounds: .venv/.dev  ## Run compiled searches, routes and isochrones with every index checked
	@NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$$(mktemp -d) $(VENV_PYTHON) -m pytest -q tests/transit tests/routing

fuzz: .venv/.dev  ## Try 20,000 files gone wrong, and 1,000 studies: no traceback, what check passes report runs
	EH_ACCESS_FUZZ_FILES=20000 $(VENV_PYTHON) -m pytest -q -s tests/fuzz/test_readers.py
	EH_ACCESS_FUZZ_STUDIES=1000 $(VENV_PYTHON) -m pytest -q -rP --numprocesses auto tests/fuzz/test_studies.py

check: .venv/.dev  ## Lint, types, layers, notebooks, locks; no network needed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(VENV_PYTHON) tools/measure_code.py --check
	$(BIN)/nbstripout --verify notebooks/*.ipynb
	$(VENV_PYTHON) tools/lock.py --check
	$(VENV_PYTHON) -m pytest -q tests/test_repository.py

# ---------------------------------------------------------------- for maintainers

fix: .venv/.dev  ## Mend what ruff and nbstripout can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/nbstripout notebooks/*.ipynb

bench: .venv/.bench  ## Time it beside the peers; writes docs/benchmarks.md
	$(VENV_PYTHON) benchmarks/run.py

data: .venv/.dev  ## Build data/ anew from ../shared/data
	$(VENV_PYTHON) tools/build_data.py

docs: .venv/.docs  ## Build the documentation site in site/; every warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Open site/index.html in a browser"

notebooks: .venv/.dev  ## Run the notebooks; copies with results in out/notebooks
	$(VENV_PYTHON) tools/run_notebooks.py --out out/notebooks notebooks/*.ipynb

pictures: .venv/.dev  ## Draw the README's pictures anew from the real map and report
	$(VENV_PYTHON) tools/make_pictures.py

lock: .venv/.lock  ## Lock the requirements anew from pyproject.toml (UPGRADE=1 for newer releases)
	$(VENV_PYTHON) tools/lock.py $(if $(UPGRADE),--upgrade)

wheel-check: .venv/.runtime  ## Build the wheel and use it in a clean environment
	@rm -rf build/wheel-check && mkdir -p build/wheel-check
	@$(VENV_PYTHON) -m pip --disable-pip-version-check wheel -qq --no-deps --no-build-isolation --wheel-dir build/wheel-check .
	@$(PYTHON) -m venv build/wheel-check/venv
	@cd build/wheel-check && venv/$(notdir $(BIN))/python -m pip --disable-pip-version-check install -qq --require-hashes -r ../../requirements/runtime.txt
	@cd build/wheel-check && venv/$(notdir $(BIN))/python -m pip --disable-pip-version-check install -qq --no-deps --no-index *.whl
	cd build/wheel-check && venv/$(notdir $(BIN))/eh-access --version
	cd build/wheel-check && venv/$(notdir $(BIN))/eh-access report newport --out results
	@rm -rf build/wheel-check

clean:  ## Remove .venv, caches and builds; results in out/ stay
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
