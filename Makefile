# Thin on purpose: every line calls a real tool. `make book` and `make test` are all a newcomer needs.
# Python 3.11, which the book is tested with, where there is one; `make PYTHON=…` names another.
PYTHON ?= $(shell python3.11 -c "" 2>/dev/null && echo python3.11 || echo python3)
BIN := .venv/bin
PORT ?= 8000

.PHONY: environment book test lint setup-cells colab serve clean
.DEFAULT_GOAL := book

# Makes .venv, or makes it fit, or says what is in the way; does nothing where all is in step.
environment:
	@$(PYTHON) -I otbook_utils/publishing/environment.py

book: environment
	$(BIN)/python -m otbook_utils build

# `make test CHAPTER=optimal_transport/01_intuition` tests what concerns one chapter. Files are taken
# in their order: the chapters first, as the site shows what they put out.
test: environment
	$(BIN)/python -m pytest -n logical --dist loadfile --no-loadscope-reorder $(if $(CHAPTER),--chapter $(CHAPTER))

lint: environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m otbook_utils setup-cells --check
	find book -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*' -exec $(BIN)/nbstripout --verify --keep-id {} +

# Brings everything that names the repository in step with _config.yml: for whoever forks the book.
setup-cells: environment
	$(BIN)/python -m otbook_utils setup-cells

# In Colab's own environment (see .github/workflows/colab.yml): its torch and its ipywidgets, our
# package, and neither a .venv nor the pins.
colab:
	python3 -m pip install --quiet . $(shell grep '^nbval==' requirements.txt)
	OTBOOK_EXPLORE=live python3 -m pytest -o addopts="" --nbval-lax --nbval-cell-timeout=300 book

serve:
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

clean:
	rm -rf _build
