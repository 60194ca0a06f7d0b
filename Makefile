# Thin on purpose: every line calls a real tool. `make book` and `make test` are all a newcomer needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Written last, so that an installation that broke off half-way is done again.
INSTALLED := .venv/.installed
PORT ?= 8000

.PHONY: book test lint colab serve clean
.DEFAULT_GOAL := book

$(INSTALLED): requirements.txt pyproject.toml $(wildcard setup.py)
	@echo "Installing the pinned packages into .venv (once; about 1.6 GB on disk) ..."
	@rm -f $@
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

book: $(INSTALLED)
	$(BIN)/python -m otbook_utils build

test: $(INSTALLED)
	$(BIN)/python -m pytest -n logical --dist loadfile

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m otbook_utils setup-cells --check
	find book -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*' -exec $(BIN)/nbstripout --verify --keep-id {} +

# In Colab's own environment (see .github/workflows/colab.yml): its torch and its ipywidgets, our
# package, and neither a .venv nor the pins.
colab:
	python3 -m pip install --quiet . $(shell grep '^nbval==' requirements.txt)
	OTBOOK_EXPLORE=live python3 -m pytest -o addopts="" --nbval-lax --nbval-cell-timeout=300 book

serve:
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

clean:
	rm -rf _build
