#!/usr/bin/env bash
# Builds headrace with the oldest LLVM it supports, and runs the tests.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

VERSION=19
PACKAGES=("llvm-$VERSION-dev" "liblld-$VERSION-dev")

usage() {
  cat <<TEXT
usage: scripts/test_llvm19.sh [--no-setup] [PATTERN]

Installs the packages ${PACKAGES[*]} beside any other LLVM (Debian 12 and 13, Ubuntu 24.04), builds headrace with
them in build/llvm$VERSION and runs its tests; with PATTERN those whose names match it (a regular expression). Exits 0 only
if all of them passed.

  --no-setup  install nothing
TEXT
}

parse_arguments pattern "$@"
pattern="$given"
exec </dev/null
cd "$ROOT"
llvm="/usr/lib/llvm-$VERSION/lib/cmake/llvm"
work="build/llvm$VERSION"

install_llvm() {
  local root=() missing=() package
  for package in "${PACKAGES[@]}"; do
    [[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)" == "ii "* ]] || missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if [[ "$(id -u)" -ne 0 ]]; then
    command -v sudo >/dev/null || die "installing ${missing[*]} needs root, and there is no sudo"
    root=(sudo)
  fi
  run "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "${missing[@]}"
}

if [[ $setup -eq 1 ]]; then
  heading "Set-up"
  run scripts/setup.sh --yes
  install_llvm
fi
[[ -d "$llvm" ]] || die "there is no LLVM $VERSION in $llvm; run it without --no-setup"
heading "Build"
choose_compiler
run cmake -S . -B "$work" -G Ninja -DCMAKE_BUILD_TYPE=Release "-DLLVM_DIR=$llvm" -DHEADRACE_TESTS=ON -DHEADRACE_BENCH=OFF
run cmake --build "$work" -j "$(build_jobs)"
heading "Tests"
selected=()
if [[ -n "$pattern" ]]; then selected=(-R "$pattern"); fi
run ctest --test-dir "$work" -j "$(nproc)" --timeout 600 --no-tests=error --output-on-failure "${selected[@]}"
