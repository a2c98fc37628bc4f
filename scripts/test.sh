#!/usr/bin/env bash
# Sets up, builds and runs all tests.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<TEXT
usage: scripts/test.sh [--no-setup]

Installs what is missing (scripts/setup.sh --yes), builds the release preset into build/release and runs all
tests. Exits 0 only if all of them passed.

  --no-setup  install nothing
TEXT
}

setup=1
for argument in "$@"; do
  case "$argument" in
    --no-setup) setup=0 ;;
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
heading "Build"
configure_release -DHEADRACE_TESTS=ON
run cmake --build --preset release -j "$(build_jobs)"
heading "Tests"
run ctest --preset release -j "$(nproc)" --timeout 600 --no-tests=error
