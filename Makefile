# What you need: Python 3.11 or newer, a C++17 compiler, and make. Everything else comes into .venv.

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11 python,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
CXX := $(if $(filter default undefined,$(origin CXX)),$(firstword $(foreach name,c++ g++ clang++,\
	$(shell command -v $(name) 2>/dev/null))),$(CXX))
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
PYTEST_ARGS ?= -q -n $(JOBS)
BENCH_ARGS ?=
DEMO_OUTPUT ?= demo-output

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# CMake looks for these in the environment: the venv's cmake and ninja, and the compiler found above.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export CXX
export CMAKE_GENERATOR := Ninja

.DEFAULT_GOAL := help
# One thing after the other: the targets share .venv and a machine of few cores.
.NOTPARALLEL:
.PHONY: help demo test bench bench-page format clean tools install lint native-test native-clang \
	native-baseline native-aarch64 native-windows extension

help: ## say what there is
	@echo "make demo    install into .venv and choose and fit a mixture of the penguins; files go to $(DEMO_OUTPUT)/"
	@echo "make test    install into .venv and check everything: style, types, imports, C++, Python"
	@echo "make native-clang, native-baseline, native-aarch64, native-windows"
	@echo "             the C++ tests as docs/platforms.md says, with what it says is needed"
	@echo "make bench   compare with scikit-learn and oneDAL (BENCH_ARGS=--quick for a short one)"
	@echo "make bench-page  make the pictures and tables of docs/performance.md anew (installs JAX and PyTorch)"
	@echo "make format  put Python and C++ sources into the house style"
	@echo "make clean   remove .venv, build/ and what the targets above wrote"

demo: install
	@echo "==> gaussmix fit examples/penguins.csv -k auto"
	@$(BIN)/gaussmix fit examples/penguins.csv -k auto \
		--columns bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g \
		--seed 0 -o $(DEMO_OUTPUT) --force

# pytest comes last, so that its closing line is the last thing seen.
test: EXTRAS := [test]
test: install extension lint native-test
	@echo "==> Python tests"
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

bench: EXTRAS := [bench]
bench: install extension
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

bench-page: EXTRAS := [bench,peers]
bench-page: install extension
	@$(BIN)/python -m benchmarks.page

lint:
	@echo "==> style (ruff)"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "==> types (mypy, strict)"
	@$(BIN)/mypy
	@echo "==> imports (the floors of ARCHITECTURE.md)"
	@$(BIN)/lint-imports

# Twice: as users get it, and under AddressSanitizer and UndefinedBehaviorSanitizer.
native-test:
	@echo "==> C++ tests"
	@$(call ctest,build/native,Release,OFF)
	@echo "==> C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer"
	@$(call ctest,build/native-sanitized,RelWithDebInfo,ON)

# What `make test` does not need: other compilers, and machines that are not this one.
CLANG ?= clang++
native-clang:
	@echo "==> C++ tests by $(CLANG)"
	@$(call ctest,build/native-clang,Release,OFF,-DCMAKE_CXX_COMPILER=$(CLANG))
native-baseline:
	@echo "==> C++ tests by $(CLANG), with libc++, of what any processor of this architecture runs"
	@$(call ctest,build/native-baseline,Release,OFF,-DGAUSSMIX_BASELINE=ON -DCMAKE_CXX_COMPILER=$(CLANG) \
		-DCMAKE_CXX_FLAGS=-stdlib=libc++)
native-aarch64:
	@echo "==> C++ tests for aarch64, under qemu"
	@$(call ctest,build/native-aarch64,Release,OFF,-DCMAKE_TOOLCHAIN_FILE=native/tests/aarch64.cmake)
native-windows:
	@echo "==> C++ tests by $(CLANG) for Windows, under wine"
	@$(call ctest,build/native-windows,Release,OFF,-DCMAKE_TOOLCHAIN_FILE=native/tests/windows.cmake \
		-DCMAKE_CXX_COMPILER=$(CLANG))

define ctest
cmake -S . -B $(1) -DCMAKE_BUILD_TYPE=$(2) -DGAUSSMIX_BUILD_TESTS=ON -DGAUSSMIX_BUILD_PYTHON=OFF \
	-DGAUSSMIX_SANITIZE=$(3) $(4) --log-level=WARNING >/dev/null && \
cmake --build $(1) --parallel $(JOBS) -- --quiet && \
ctest --test-dir $(1) --output-on-failure --no-tests=error
endef

# Without the extension everything would still pass, on the slow kernel: say so instead.
extension:
	@cd $(VENV) && bin/python -c 'import gaussmix._native' || { \
		echo "The compiled extension gaussmix._native is not installed: see the build's messages above."; \
		exit 1; }

# Always, and not editable: what is tested is what a user gets. build/ keeps the compiled objects, so
# that this takes seconds where little has changed.
install: tools
	@echo "==> installing gaussmix$(EXTRAS) into $(VENV) (the first time compiles its C++ core: minutes)"
	@$(PIP) install --quiet --no-build-isolation '.$(EXTRAS)'

tools: $(VENV)/tools-installed

$(VENV)/tools-installed: pyproject.toml
	@test -n '$(PYTHON)' || { \
		echo "gaussmix needs Python 3.11 or newer, and none was found: install one, or name it: make PYTHON=/path/to/python3"; \
		exit 1; }
	@test -n '$(CXX)' && echo 'int main() {}' | $(CXX) -std=c++17 -x c++ -fsyntax-only - || { \
		echo "gaussmix needs a C++17 compiler, and none was found: install g++ or clang++, or name it: make CXX=/path/to/c++"; \
		exit 1; }
	@echo "==> making $(VENV) with $(PYTHON), and putting the build tools into it"
	@$(PYTHON) -m venv $(VENV) || { \
		echo "$(PYTHON) cannot make a virtual environment: on Debian and Ubuntu, install the package python3-venv."; \
		exit 1; }
	@$(PIP) install --quiet --upgrade pip cmake ninja
	@$(BIN)/python -c 'import tomllib; \
		print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		> $(VENV)/build-requires.txt
	@$(PIP) install --quiet --requirement $(VENV)/build-requires.txt
	@touch $@

format: EXTRAS := [test]
format: install
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .
	@if command -v clang-format >/dev/null; then \
		find native -name '*.cpp' -o -name '*.hpp' -o -name '*.h' | xargs clang-format -i; \
	else echo "clang-format is not installed: C++ sources were left as they are."; fi

clean:
	rm -rf $(VENV) build dist $(DEMO_OUTPUT) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
