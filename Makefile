PYTHON ?= python3
BIN := .venv/bin

.PHONY: bench demo test fuzz check accuracy mistakes accept clean

demo: .venv/demo  ## The lecture's worked example, on a machine with only python3 and make.
	$(BIN)/nnlec forward configs/lecture.yaml --input 1,2.8,-3.1,4.2

test: .venv/test  ## Every test.
	$(BIN)/python -m pytest

fuzz: .venv/test  ## What is too slow for `make test`: monsters, and random networks, tables and arguments by the thousand.
	$(BIN)/python -m pytest -m slow

check: .venv/test  ## Lint, format, types, and who may import whom.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/bench  ## Tables beside what people use, forward beside numpy and onnxruntime: ratios of interleaved runs.
	$(BIN)/python tests/benchmarks/tables.py
	$(BIN)/python tests/benchmarks/forward.py
	$(BIN)/python -m tests.benchmarks.softmax
	$(BIN)/python tests/benchmarks/startup.py

accuracy: .venv/test  ## The largest error of every function in last places, beside numpy, scipy, torch and onnxruntime.
	$(BIN)/python -m tests.accuracy.table

mistakes: .venv/test  ## How often `nnlec check` finds a mistake, over 10,000 of them and as many right sheets (minutes).
	$(BIN)/python -m tests.mistakes.measure 10000

accept: .venv/test  ## Write what the commands of README.md and tests/cases print into them, to be reviewed as a diff.
	ACCEPT=1 $(BIN)/python -m pytest -q tests/test_readme.py tests/test_cases.py

clean:
	rm -rf .venv build *.egg-info .*_cache

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/demo: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/test: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@ .venv/demo

.venv/bench: .venv/test
	$(BIN)/python -m pip install --quiet --editable '.[fast,test,bench]'
	touch $@
