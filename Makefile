# Each target does all set-up it needs, on a fresh Debian or Ubuntu with Python >= 3.11.
.PHONY: setup setup-test setup-bench demo test lint bench bench-reading bench-rush bench-desk \
    bench-mailing lock

PYTHON = .venv/bin/python
# What is compiled once need not be compiled by each worker, and each service that a test starts.
unexport PYTHONDONTWRITEBYTECODE
# More than cores: much of a test is waiting for a server.
TEST_WORKERS ?= 4

setup:
	@deploy/bootstrap.sh run

setup-test:
	@deploy/bootstrap.sh test

setup-bench:
	@deploy/bootstrap.sh bench

demo: setup
	.venv/bin/handslag demo

test: setup-test
	$(PYTHON) -m pytest --numprocesses $(TEST_WORKERS) --dist loadfile

lint: setup-test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: bench-reading bench-rush bench-desk bench-mailing

bench-reading: setup-bench
	$(PYTHON) -m tests.bench.forms.run

bench-rush: setup-test
	$(PYTHON) -m tests.bench.rush

bench-desk: setup-test
	$(PYTHON) -m tests.bench.desk

bench-mailing: setup-test
	$(PYTHON) -m tests.bench.mailing

# The lock names versions and hashes only, no download address.
lock:
	uv pip compile pyproject.toml --all-extras --universal --generate-hashes \
	    --python-version 3.11 --no-emit-index-url --no-header --quiet --output-file requirements.lock
