# Everything runs in .venv, which the first command makes; it needs Python 3.11, and nothing else.
PYTHON ?= python3.11
BIN := .venv/bin
ALUR := $(CURDIR)/$(BIN)/alur

export DAGSTER_DISABLE_TELEMETRY := yes

SEEDS ?= 50

.PHONY: demo test test-fast test-lowest coverage nightly certify check docs screenshots golden bench lock clean

# The whole example on real orders, then its gold tables.
demo: .venv/ready
	cd example_repo && $(ALUR) run --all --env local
	cd example_repo && $(ALUR) show dailysalesmetrics --limit 10
	cd example_repo && $(ALUR) show cohortrevenue --limit 10
	@echo "See the lineage: $(BIN)/dagster dev -w workspace.yaml, then open http://127.0.0.1:3000"

# Three at once on two cores, for much of the time goes by in waiting. Tests of one file stay together: some tell a story.
test: .venv/ready .venv/checkov/ready
	$(BIN)/python -m pytest -q -n 3 --dist loadfile

# The first to run after a change: unit tests without a JVM and with few examples each, the source's shape, and a new
# project that runs.
FAST := -m pytest -q -n 2 --dist loadfile --hypothesis-profile fast tests/integration/test_cli.py::TestInit \
  tests/integration/test_house.py tests/unit --ignore tests/unit/test_spark_installation.py
test-fast: .venv/ready
	$(BIN)/python $(FAST)

# The same with the lowest versions of the libraries that pyproject.toml permits.
test-lowest: .venv/lowest/ready
	.venv/lowest/bin/python $(FAST)

# Which lines the tests run, those of child processes included; `TESTS=tests/unit` measures some tests. It gates nothing.
TESTS ?=
coverage: .venv/ready .venv/checkov/ready
	$(BIN)/coverage erase
	-$(BIN)/coverage run -m pytest -q -n 3 --dist loadfile $(TESTS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# What takes longer, and many more generated cases than `make test` tries; what one seed makes is always the same.
nightly: .venv/ready
	$(BIN)/python -m pytest -q --nightly
	$(BIN)/python -m pytest -q tests/unit tests/integration/test_dagster_agrees_with_eventbridge.py --hypothesis-profile nightly
	$(BIN)/python -m pytest -q tests/integration/test_generated_tables.py tests/certification/test_generated_pipelines.py --seeds $(SEEDS)
	$(BIN)/python -m tests.certification --output alur/analysis/certificates --check

# Compares Sail with Spark in everything that pipelines are made of, and writes what is the same; half an hour.
certify: .venv/ready
	$(BIN)/python -m tests.certification --output alur/analysis/certificates --pages docs/reference

# Lint, format, types, import rules, declared dependencies, and hosted CI's files; .pre-commit-config.yaml repeats them.
check: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/ci.yml .github/workflows/nightly.yml
	$(BIN)/zizmor --offline --quiet .github

# The documentation as a site in build/site; nothing is fetched from the network.
docs: .venv/ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "See it: $(BIN)/python -m http.server --directory build/site 8000, then open http://127.0.0.1:8000"

# Rewrites the documentation's pictures of Dagster's web UI and of the example's site; needs chromium. Look at them before you commit.
screenshots: .venv/ready
	$(BIN)/python -m tests.browser.screenshots docs/images

# Rewrites the files that the tests compare with; look at what changed before you commit.
golden: .venv/ready
	$(BIN)/python -m pytest -q tests/integration/test_golden.py --update-golden

bench: .venv/ready
	$(BIN)/python -m benchmarks

# Locks what pyproject.toml's ranges permit. Locked versions stay while they fit: UPGRADE=pyarrow moves one package (or
# several, in quotes), UPGRADE=all every one.
UPGRADE ?=
UPGRADES := $(if $(filter all,$(UPGRADE)),--upgrade,$(addprefix --upgrade-package=,$(UPGRADE)))
COMPILE := $(BIN)/uv pip compile --python-version 3.11 --generate-hashes --no-annotate --no-header \
  --no-emit-index-url --no-emit-find-links --quiet

# Jobs need neither click nor rich: they have no terminal. Their versions are those of constraints.txt.
lock: .venv/ready
	$(COMPILE) pyproject.toml --extra dev --universal $(UPGRADES) --output-file constraints.txt
	printf 'pydantic\npydantic-settings\n' | $(COMPILE) - --python-platform x86_64-manylinux_2_34 \
	  --constraint constraints.txt --output-file alur/packaging/glue_requirements.txt
	$(COMPILE) tests/checkov/requirements.in --universal $(UPGRADES) --output-file tests/checkov/requirements.txt

clean:
	rm -rf .venv
	git clean -fdxq example_repo

.venv/ready: constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv
	@awk '/^uv==/ {found = 1} found {print} found && !/\\$$/ {exit}' constraints.txt > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# checkov wants older libraries than Alur, so it has an environment of its own.
.venv/checkov/ready: .venv/ready tests/checkov/requirements.txt
	$(PYTHON) -m venv --without-pip .venv/checkov
	$(BIN)/uv pip install --quiet --python .venv/checkov/bin/python --require-hashes -r tests/checkov/requirements.txt
	@touch $@

.venv/lowest/ready: .venv/ready
	$(PYTHON) -m venv --without-pip .venv/lowest
	$(BIN)/uv pip install --quiet --python .venv/lowest/bin/python --resolution lowest-direct -r pyproject.toml --extra dev
	$(BIN)/uv pip install --quiet --python .venv/lowest/bin/python --no-deps --editable .
	@touch $@
