#!/usr/bin/env bash
# Sets up, builds and runs all tests.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<TEXT
usage: scripts/test.sh [--no-setup] [--no-python]

Installs what is missing (scripts/setup.sh --yes), builds the release preset into build/release and runs all
tests. Exits 0 only if all of them passed.

The Python package is tested with packages from PyPI (${PYTHON_TEST_PACKAGES[*]}) in the virtual environment
build/venv. Its tests with torch are run if python3 has torch; scripts/test_python.sh installs it.

  --no-setup   install no packages of the distribution
  --no-python  neither build nor test the Python package, and take nothing from PyPI
TEXT
}

setup=1
python=ON
for argument in "$@"; do
  case "$argument" in
    --no-setup) setup=0 ;;
    --no-python) python=OFF ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) usage_error "unknown argument \"$argument\"" ;;
  esac
done

exec </dev/null
cd "$ROOT"
if [[ $setup -eq 1 ]]; then
  heading "Set-up"
  run scripts/setup.sh --yes
fi
settings=(-DHEADRACE_TESTS=ON "-DHEADRACE_PYTHON=$python")
if [[ $python == ON ]]; then
  heading "Python"
  python_environment "$ROOT/build/venv" python3 "${PYTHON_TEST_PACKAGES[@]}"
  settings+=("-DPython_EXECUTABLE=$ROOT/build/venv/bin/python")
fi
heading "Build"
configure_release "${settings[@]}"
run cmake --build --preset release -j "$(build_jobs)"
heading "Tests"
run ctest --preset release -j "$(nproc)" --timeout 600 --no-tests=error
