# Two commands carry the project: `make run` and `make test`. Both set up what they need the first
# time and start in seconds from then on.

VENV := .venv
BIN := $(VENV)/bin
# The first Python of 3.11 or newer; name another with `make run PYTHON=/path/to/python`.
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(p) -c 'import sys; print("$(p)" if sys.version_info >= (3, 11) else "")' 2>/dev/null)))

# Threads that spin while they wait collapse beside a busy neighbour (20 x), those that sleep at once
# lose a tenth alone: they spin for a moment. An allocator that hands memory back after each pass costs
# 2 to 3 x in page faults.
export OMP_WAIT_POLICY ?= PASSIVE
export GOMP_SPINCOUNT ?= 2000
export MALLOC_TRIM_THRESHOLD_ ?= 536870912
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What Python compiled is kept: else every process compiles the project anew, and each of the tests' all tests.
unexport PYTHONDONTWRITEBYTECODE

# What `make train` starts from: torchvision's ImageNet weights (downloaded once), a .safetensors file
# of them, or the folder of a model, such as assets/models/nih-pneumonia, which needs no download.
WEIGHTS ?= torchvision
NAME ?= $(shell printf '%s' '$(notdir $(patsubst %/,%,$(DATA)))' | tr -c 'A-Za-z0-9._-' '-')

.PHONY: run train test check lint viewer docs coverage audit tools lock clean
.DEFAULT_GOAL := run

run: $(VENV)/.installed
	@exec $(BIN)/python -m app

# make train DATA=folder-of-classes: learns them, writes model and card, and opens both for review.
train: $(VENV)/.installed
	@test -d "$(DATA)" || { echo "Give a folder with one sub-folder of images for each class: make train DATA=DIR"; exit 2; }
	@mkdir -p runs
	@$(BIN)/python -m training train folder --data "$(DATA)" --out "runs/$(NAME)" --resume \
		--set weights=$(WEIGHTS) --set "name=$(NAME)" > "runs/$(NAME).json"
	@$(BIN)/python -m app models add "runs/$(NAME)/bundle" --activate
	@exec $(BIN)/python -m app

# Three processes for two processors, since browsers and databases are waited for; each has whole files, some
# folders whole: what they set up is set up once. Each takes two to three gigabytes of memory.
PROCESSES ?= 3
# mypy, which takes most of a minute of one processor, looks at the types beside the tests.
test: $(VENV)/.installed-dev lint app/viewer/node_modules/.package-lock.json
	@mkdir -p build; $(BIN)/mypy > build/types.txt 2>&1 & types=$$!; \
		$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile; tests=$$?; \
		wait $$types; types=$$?; cat build/types.txt; exit $$((tests ? tests : types))

check: lint
	@$(BIN)/mypy

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Run '$(BIN)/ruff format .'"; exit 1; }
	@$(BIN)/lint-imports --no-cache

# What the browser loads, app/viewer/bundle, out of app/viewer/source. It is committed; the tests compare it.
viewer: $(VENV)/.installed-dev app/viewer/node_modules/.package-lock.json
	@$(BIN)/python .ci/viewer build

# The documentation site, in build/docs; the tests build it too. A warning is an error.
docs: $(VENV)/.installed-dev
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs
	@echo "Open build/docs/index.html"

# All tests once more, slower, with the lines that they reach, those of their own processes too.
# `make coverage TESTS=tests/dprotonet` takes some of them.
TESTS ?= tests
coverage: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --cov --cov-report= $(TESTS)
	@$(BIN)/coverage report --sort=cover --skip-covered --skip-empty
	@$(BIN)/coverage html --directory build/coverage --quiet
	@echo "Open build/coverage/index.html"

# What is installed (build/sbom.json, CycloneDX), and whether weaknesses of it are known; the tools have an
# environment of their own, so that none of what they need is pinned beside the program's.
audit: $(VENV)/.installed
	@test -x build/audit/bin/cyclonedx-py || { $(BIN)/python -m venv build/audit && \
		build/audit/bin/pip install --quiet pip-audit==2.10.1 cyclonedx-bom==7.5.0; } || true
	@if test -x build/audit/bin/cyclonedx-py; \
		then $(BIN)/python .ci/audit $(VENV) build/audit/bin build/sbom.json; \
		else echo "Skipped: the tools that look for known weaknesses cannot be installed here."; fi

# What tests start as programs of their own: linters of the container files, an S3 server, and what finds the
# places of attributes in an image, whose pins and the program's exclude each other. Where one is missing its tests are skipped; with CI=true they fail.
tools: build/linters/.installed build/s3/.installed build/encodings/.installed

# Pins everything below requirements.in, for every system, each file by its hash; no address of a registry
# is written. The hashes are those of PyPI: a mirror has the same files, an index of other builds does not.
lock: $(VENV)/.installed-dev
	$(BIN)/pip install --quiet uv==0.13.9
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
		requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
		requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --no-deps --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
		.ci/tools/encodings.in -o .ci/tools/encodings.txt
	@for name in linters s3; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes \
			.ci/tools/$$name.in -o .ci/tools/$$name.txt || exit 1; done

clean:
	rm -rf $(VENV) app/viewer/node_modules build docs/api .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python of 3.11 or newer was found. Install one, or name it: make run PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed | $(VENV)/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

# It looks for all else among the program's own packages.
build/encodings/.installed: .ci/tools/encodings.txt | $(VENV)/.installed-dev
	@$(BIN)/python -m venv --clear build/encodings
	@build/encodings/bin/pip install --quiet --no-deps --require-hashes -r .ci/tools/encodings.txt
	@paths="import sysconfig; print(sysconfig.get_path('purelib'))"; \
		$(BIN)/python -c "$$paths" > "$$(build/encodings/bin/python -c "$$paths")/program.pth"
	@touch $@

build/%/.installed: .ci/tools/%.txt | $(VENV)/bin/python
	@$(BIN)/python -m venv --clear build/$*
	@build/$*/bin/pip install --quiet --require-hashes -r .ci/tools/$*.txt
	@touch $@

# Only the viewer's own tests and its bundle need these: without a network the other tests still run.
app/viewer/node_modules/.package-lock.json: app/viewer/package-lock.json | $(VENV)/.installed-dev
	@$(BIN)/python .ci/viewer install || { echo "Skipped: the packages that build the viewer cannot be installed here."; \
		test "$(CI)" != true; }
