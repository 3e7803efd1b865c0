# Everything a person types here. `make` alone prints the list.
# The targets prepare .venv by themselves and are quick when nothing changed.

.DEFAULT_GOAL := help
.PHONY: help run test check bench chaos format messages lock clean prepare-app prepare-dev

VENV := .venv/bin
export PYTHONUNBUFFERED := 1
# Where it is set, each of a site's processes compiles everything anew before it does anything.
unexport PYTHONDONTWRITEBYTECODE

help: ## Print this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make run obeys PORT, DATA_DIR, DATABASE_URL and the other settings of README.md;"
	@echo "  make test ARGS='tests/unit -k money' runs a part."

run: prepare-app ## Bring up the whole site: database, demo world, web, worker, escrow simulator
	@exec $(VENV)/python -m marketplace.infra.supervisor

test: prepare-dev ## Run all tests (a database of their own; browser tests where Chromium is found)
	@$(VENV)/python -m pytest $(ARGS)

check: prepare-dev ## Lint, format, types, package floors
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy $(wildcard marketplace tests migrations bench wsgi.py config.py)
	@$(VENV)/lint-imports --no-logo
	@$(VENV)/python -m pytest -q -n0 -p no:cacheprovider -m "not database" tests/laws

bench: prepare-dev ## Measure ledger, distribution and pages, as ratios (ARGS are passed on)
	@$(VENV)/python -m bench $(ARGS)

format: prepare-dev ## Let ruff mend what it can
	@$(VENV)/ruff check --fix-only -q .
	@$(VENV)/ruff format -q .

chaos: prepare-dev ## Break what can break and prove that nothing is lost (ARGS='--scale full')
	@$(VENV)/python -m tests.chaos $(ARGS)

messages: prepare-app ## Collect every sentence of code and templates into translations/messages.pot
	@$(VENV)/python -m translations.make_messages

lock: ## Resolve requirements/*.in anew into the hash-pinned requirements/*.txt
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH." >&2; exit 1; }
	@for part in app dev; do \
	  uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-annotate --no-emit-index-url --no-emit-find-links requirements/$$part.in -o requirements/$$part.txt || exit 1; \
	done

clean: ## Remove .venv and caches; your data in .data stays
	rm -rf .venv .venv.lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

prepare-app:
	@bin/prepare app

prepare-dev:
	@bin/prepare dev
