PYTHON ?= python3
BIN := .venv/bin

# Compiled files are kept: the tests start Python some hundred times.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: bench demo test fuzz check accuracy mistakes slips mutants accept package clean

demo: .venv/demo  ## The lecture's worked example, on a machine with only python3 and make.
	$(BIN)/nnlec forward configs/lecture.yaml --input 1,2.8,-3.1,4.2

test: .venv/test  ## Every test but the slow ones, with the same random examples each time.
	$(BIN)/python -m pytest -n auto --dist worksteal

fuzz: .venv/test  ## The slow tests: huge files, and random networks, tables and arguments by the thousand.
	HYPOTHESIS_PROFILE=random COMMANDS_OF_A_PROCESS=1 $(BIN)/python -m pytest -m "(slow or hypothesis) and not package"

package: .venv/test  ## The sdist and the wheel, built, checked, and tried in an empty folder.
	$(BIN)/python -m pytest -m package -n0 tests/test_package.py

check: .venv/test  ## Lint, format, types, and who may import whom.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/bench  ## Tables beside what people use, forward beside numpy and onnxruntime: ratios of interleaved runs.
	$(BIN)/python tests/benchmarks/tables.py
	$(BIN)/python -m tests.benchmarks.typed
	$(BIN)/python -m tests.benchmarks.formats
	$(BIN)/python tests/benchmarks/forward.py
	$(BIN)/python -m tests.benchmarks.softmax
	$(BIN)/python -m tests.benchmarks.maps
	$(BIN)/python -m tests.benchmarks.networks
	$(BIN)/python -m tests.benchmarks.many
	$(BIN)/python tests/benchmarks/startup.py

accuracy: .venv/test  ## The largest error of every function in last places, beside numpy, scipy, torch and onnxruntime.
	$(BIN)/python -m tests.accuracy.table

mistakes: .venv/test  ## How often `nnlec check` finds a mistake, over 10,000 of them and as many right sheets (minutes).
	$(BIN)/python -m tests.mistakes.measure 10000

slips: .venv/test  ## How often `nnlec check` finds a slip in a step of learning, and how many right sheets it calls wrong.
	$(BIN)/python -m tests.mistakes.steps 10000

mutants: .venv/test  ## Small changes of what computes, checks and reads, and how many of them a test notices (an hour).
	$(BIN)/python -m tests.mutants 200

accept: .venv/test  ## Write what commands print into README.md, the guide and tests/cases, to be reviewed as a diff.
	ACCEPT=1 $(BIN)/python -m pytest -q -n0 tests/test_readme.py tests/test_cases.py

clean:
	rm -rf .venv build dist *.egg-info .*_cache

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/demo: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

# What a test imports is compiled then: that is a tenth of what is installed, and compiling all takes over a minute.
.venv/test: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --no-compile --editable '.[test]'
	touch $@ .venv/demo

.venv/bench: .venv/test
	$(BIN)/python -m pip install --quiet --editable '.[fast,test,bench]'
	touch $@
