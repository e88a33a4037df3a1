# Everything starts from here; `make help` lists it.

PORT ?= 8000
PYTHON ?= python3

# Only what was asked for is passed on, so that MODERATION_VAR from the environment still counts without VAR=.
RUN = .venv/bin/moderation run --port $(PORT) $(if $(VAR),--var '$(VAR)') $(if $(WORKERS),--workers $(WORKERS))

.PHONY: help run demo test check bench

help:
	@echo 'make run     everything from nothing, on 127.0.0.1:8000; PORT= moves it, VAR= moves the state out of var/, WORKERS= sets how many'
	@echo 'make demo    the same with a few hundred invented submissions to review'
	@echo 'make test    everything from nothing: installs what the tests need, then make check'
	@echo 'make check   ruff, format, mypy, import layers and all tests'
	@echo 'make bench   the benchmarks; writes docs/benchmarks.md'
	@echo 'PYTHON= names the Python to use (3.11 or newer)'

run: .venv/.ready
	@exec $(RUN)

demo: .venv/.ready
	@exec $(RUN) --demo

test:
	@bash .ci/provision
	@$(MAKE) --no-print-directory check

check: .venv/.ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/pytest

bench: .venv/.ready
	.venv/bin/python -m tests.bench

# The stamp comes last: an installation that broke off is taken up again.
.venv/.ready: pyproject.toml constraints.txt $(wildcard moderation/text/*.[ch])
	@command -v $(PYTHON) >/dev/null \
	  || { echo 'Python 3.11 or newer is needed. On Debian: apt-get install python3 python3-venv; elsewhere name one: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1). Name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo '$(PYTHON) cannot make virtual environments. On Debian: apt-get install python3-venv' >&2; exit 1; }
	@.venv/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@echo 'Installing into .venv; the first time takes a minute or two.'
	@.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check -c constraints.txt -e '.[train,dev]'
	@touch $@
