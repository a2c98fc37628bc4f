#!/usr/bin/env bash
# Builds the Python package in the build tree and runs its tests.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<TEXT
usage: scripts/test_python.sh [--no-torch] [--venv DIR] [--python PYTHON] [-- PYTEST_ARGUMENTS...]

Makes a virtual environment (build/venv) with what the tests need from PyPI, builds the package into
build/release/python with it, and runs python/tests. Exits 0 only if all of them passed.

  --no-torch       without torch and torchdata, which are large; their tests are skipped
  --venv DIR       use or make the virtual environment there
  --python PYTHON  Python 3.10 or newer to make it with (default: python3)
TEXT
}

torch=1
venv="$ROOT/build/venv"
python=python3
while [[ $# -gt 0 ]]; do
  case "$1" in
    --no-torch) torch=0 ;;
    --venv | --python)
      [[ $# -gt 1 ]] || usage_error "$1 needs a value"
      if [[ "$1" == --venv ]]; then venv="$2"; else python="$2"; fi
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    --)
      shift
      break
      ;;
    *) usage_error "unknown argument \"$1\"" ;;
  esac
  shift
done

packages=("${PYTHON_TEST_PACKAGES[@]}")
if [[ $torch -eq 1 ]]; then packages+=("torch==2.13.0" torchdata); fi

heading "Virtual environment"
python_environment "$venv" "$python" "${packages[@]}"

heading "Build"
cd "$ROOT"
configure_release -DHEADRACE_PYTHON=ON -DPython_EXECUTABLE="$venv/bin/python"
run cmake --build --preset release -j "$(build_jobs)" --target headrace_python

heading "Tests of the Python package"
run env PYTHONPATH="$ROOT/build/release/python" "$venv/bin/python" -m pytest -q "$@"
