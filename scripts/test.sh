#!/usr/bin/env bash
# Sets up, builds and runs all tests.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<TEXT
usage: scripts/test.sh [--no-setup] [--python | --no-python]

Installs what is missing (scripts/setup.sh --yes), builds the release preset into build/release and runs all
tests. Exits 0 only if all of them passed.

The Python package is tested with packages from PyPI (${PYTHON_TEST_PACKAGES[*]}) in the virtual environment
build/venv. Its tests with torch are run if python3 has torch; scripts/test_python.sh installs it.

  --no-setup   install no packages of the distribution
  --python     fail where these packages cannot be had; otherwise the rest is tested, and a note says so
  --no-python  neither build nor test the Python package, and take nothing from PyPI
TEXT
}

setup=1
python=ON
must=0
for argument in "$@"; do
  case "$argument" in
    --no-setup) setup=0 ;;
    --python) must=1 ;;
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
settings=(-DHEADRACE_TESTS=ON)
if [[ $python == ON ]]; then
  heading "Python"
  python_environment "$ROOT/build/venv" python3 "${PYTHON_TEST_PACKAGES[@]}" &  # what fails in it ends it, not this script
  if wait $!; then
    settings+=(-DHEADRACE_PYTHON=ON "-DPython_EXECUTABLE=$ROOT/build/venv/bin/python")
  elif [[ $must == 1 ]]; then
    die "the packages that the Python tests need cannot be had"
  else
    python=missing
  fi
fi
[[ $python == ON ]] || settings+=(-DHEADRACE_PYTHON=OFF)
heading "Build"
configure_release "${settings[@]}"
run cmake --build --preset release -j "$(build_jobs)"
heading "Tests"
run ctest --preset release -j "$(nproc)" --timeout 600 --no-tests=error
if [[ $python == missing ]]; then
  echo "note: the Python package was neither built nor tested, as its packages cannot be had here (see above)" >&2
fi
