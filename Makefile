# Sequence models for text with Keras: one command for each thing to do. `make` alone lists them.
# Every command but `colab` sets up .venv first when it is missing or stale (tools/setup.sh). GNU make 3.81 is enough.

PY := .venv/bin/python
NOTEBOOKS =
PROFILE = quick
FORCE =

# The same text encoding everywhere, and no log lines of TensorFlow's C++ side between the results.
export PYTHONUTF8 := 1
export TF_CPP_MIN_LOG_LEVEL := 3
unexport PYTHONPATH PYTHONHOME
# What was given reaches the recipes through the environment, to the letter: no shell and no make reads it as code.
override NOTEBOOKS := $(value NOTEBOOKS)
override PROFILE := $(value PROFILE)
export NOTEBOOKS PROFILE

.NOTPARALLEL:
.PHONY: help setup course test lab notebooks slides site pictures colab data bench samples requirements format clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  make course NOTEBOOKS=02 PROFILE=full    narrows or deepens; PYTHON=/path/to/python3.12 picks the interpreter'

setup: ## make .venv from the pins, when it is missing or stale
	@sh tools/setup.sh

course: setup ## run every notebook in the quick profile; the site with what came of it in _build/course/
	@$(PY) -m tools.notebooks course --profile="$$PROFILE" --only="$$NOTEBOOKS"

test: setup ## format, lint, unit tests, doctests, and every notebook in the quick profile
	@$(PY) -m ruff format --check --quiet . || { echo 'Some files are not formatted: make format'; exit 1; }
	@$(PY) -m ruff check --quiet .
	@COURSE_PROFILE=quick $(PY) -m pytest tests course_utils tools notebooks --doctest-modules \
		--nbval-lax --nbval-current-env --nbval-cell-timeout 300 -n 2 --dist loadscope -q

lab: setup ## open copies of the notebooks (work/) in JupyterLab
	@$(PY) -m tools.lab

notebooks: setup ## run what has changed on the real corpora, full profile, and rewrite the committed notebooks
	@$(PY) -m tools.notebooks commit --only="$$NOTEBOOKS" $(if $(FORCE),--force)

slides: setup ## the lessons as slides for a projector, offline; pages in _build/slides/
	@$(PY) -m tools.notebooks slides --only="$$NOTEBOOKS"

site: setup ## the course as a site to read and play with, offline; pages in _build/site/
	@$(PY) -m tools.notebooks site

pictures: setup ## draw the pictures of notebooks/pictures again
	@$(PY) -m tools.pictures

colab: ## run every notebook as Colab does, with its versions and set-up cells (needs Python 3.13)
	@sh tools/colab.sh "$$NOTEBOOKS"

data: setup ## fetch every corpus; a line for each says where it came from
	@$(PY) -m course_utils.corpora

bench: setup ## measure the speed and memory claims
	@$(PY) -m tools.bench

samples: setup ## write the sample corpora in data/ again
	@$(PY) data/make_samples.py

requirements: setup ## pin again what pyproject.toml asks for
	@$(PY) -m venv _build/uv
	@_build/uv/bin/python -m pip install -q uv
	@_build/uv/bin/python -m uv pip compile pyproject.toml --quiet --all-extras --universal --upgrade \
		--python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url --no-header \
		-o requirements.txt

format: setup ## format the code and fix what ruff can fix
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

clean: ## remove what was made, but not .venv
	@rm -rf _build .pytest_cache .ruff_cache .hypothesis .ipynb_checkpoints notebooks/.ipynb_checkpoints
