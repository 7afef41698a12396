# The two commands of this project: `make evaluate` and `make test`. `make` alone lists all targets.

# The interpreter behind .venv: the one .venv was made with or else the first that is a Python of
# 3.10-3.14 and works; `make PYTHON=/path/to/python3.12 ...` names another.
find_python = for python in "$$(cat .venv/base-python 2>/dev/null)" \
	python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do \
	"$$python" -c 'import ensurepip, sys, venv; \
		sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' \
	>/dev/null 2>&1 && { echo "$$python"; exit; }; done; echo python3
PYTHON ?= $(shell $(find_python))

.PHONY: help setup evaluate evaluate-multiobject ablate bench test test-slow test-wheel test-all fuzz clean

help:
	@echo "make evaluate              set up, run and score the tracker on the bundled sequences"
	@echo "make evaluate-multiobject  the same on the bundled sequences with several objects"
	@echo "make ablate                compare all memory policies (about half an hour)"
	@echo "make bench                 measure speed beside the peers (about 10 minutes); DEVICE=cuda"
	@echo "make test                  set up, then linters, types and the tests"
	@echo "make test-slow             set up, then the tests that take longer"
	@echo "make test-wheel            set up, then build wheel and sdist, install and use them"
	@echo "make test-all              all three"
	@echo "make test-cpus             the numeric tests as other processors would run them (an hour)"
	@echo "make coverage              the quick tests, and which lines and branches they run"
	@echo "make fuzz                  100,000 exchanges with the tracker process; SEED=7 chooses"
	@echo "make setup                 only make .venv with the pinned packages and this project;"
	@echo "                           EXTRAS=distributed adds an extra of setup.cfg, for good"
	@echo "make docs                  build the pages of docs/ as a site in build/site"
	@echo "make clean                 delete caches and build leftovers; keeps .venv and results"
	@echo "PYTHON=python3.12 chooses the interpreter (3.10-3.14)"

setup:
	@python="$(PYTHON)"; command -v "$$python" >/dev/null || { \
		echo "setup: there is no $$python here. Remedy: install Python 3.10-3.14 with its venv" \
			"module, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1; }; \
	"$$python" install.py $(EXTRAS)

evaluate: setup
	@.venv/bin/samurai evaluate

evaluate-multiobject: setup
	@.venv/bin/samurai evaluate --workspace vot_workspace/multiobject

ablate: setup
	@.venv/bin/samurai ablate --workers 2 --page docs/ablation.md

# DEVICE=cuda measures what suits a GPU; BENCH='--models small --objects 1 8' chooses.
DEVICE ?= auto
bench: setup
	@.venv/bin/python -m benchmarks.speed run --device $(DEVICE) $(BENCH)

# What all targets that run tests need: the tests of the server have an extra of their own.
.PHONY: setup-tests
setup-tests:
	@$(MAKE) --no-print-directory setup EXTRAS=test-web

test: setup-tests
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/codespell
	.venv/bin/mypy
	.venv/bin/python -m pytest -n 2 -m "not slow and not wheel"

test-slow: setup-tests
	.venv/bin/python -m pytest -m "slow and not wheel"

test-wheel: setup-tests
	.venv/bin/python -m pytest -m wheel

# WEB_SECONDS is how long the server gets arbitrary requests: a minute, in test-all ten.
test-all: export WEB_SECONDS ?= 600
test-all: test test-slow test-wheel

# A site in build/site; `.venv/bin/mkdocs serve` shows it while you write.
.PHONY: docs
docs:
	@$(MAKE) --no-print-directory setup EXTRAS=docs
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build

# Processes that a test kills leave no record.
.PHONY: coverage
coverage: setup-tests
	@mkdir -p build/coverage
	.venv/bin/python -m pytest -n 2 -m "not slow and not wheel" --cov --cov-report=term $(COVERAGE)

SEED ?= 12
fuzz: setup-tests
	cd tests && ../.venv/bin/python -m fuzz --seed $(SEED)

clean:
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find benchmarks sam2 tests vot_wrapper -name __pycache__ -prune -exec rm -rf {} +

# CPUS='--capability avx2 --threads 1' chooses; see tests/cpus.py.
.PHONY: test-cpus
test-cpus: setup-tests
	.venv/bin/python tests/cpus.py $(CPUS)
