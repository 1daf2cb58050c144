# gailforce: make demo | test | check | test-slow | build | clean
VENV ?= .venv
PY ?= python3
BIN = $(VENV)/bin

ifneq ($(PIP_FIND_LINKS),)
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
endif
# One thread for each process: small networks get slower with more.
export OMP_NUM_THREADS ?= 1

.PHONY: demo test check test-slow build clean

demo: $(VENV)/.installed
	$(BIN)/gailforce demo

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -n auto --dist loadfile --jaxtyping-packages=gailforce,beartype.beartype

test-slow: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -m slow

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python tests/type_check.py

build: $(VENV)/.installed-dev
	rm -rf build dist
	$(BIN)/python -m build --wheel --outdir dist .
	$(BIN)/python tests/wheel_check.py dist

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PY) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PY) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt torch -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev,data,tb,ray]'
	touch $@

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
