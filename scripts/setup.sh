#!/usr/bin/env bash
# Installs what headrace is built from, as packages of the distribution.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

LLVM_NEWEST=22
LLVM_OLDEST=19
CMAKE_OLDEST=3.25

usage() {
  cat <<TEXT
usage: scripts/setup.sh [--yes] [--list]

Installs the compiler, CMake and the libraries headrace is built from, with apt-get, on Debian 12 and 13 and
on Ubuntu 22.04 and 24.04. Prints what it will install and asks first. Does nothing if everything is there.

  --yes   install without asking
  --list  print what is missing and exit (0: nothing, 1: something)
TEXT
}

# Packages besides LLVM, one a line, for distribution $1 ("debian:12").
base_packages() {
  case "$1" in
    ubuntu:22.04) say g++-12 ;;
    *) say g++ ;;
  esac
  case "$1" in
    ubuntu:*) say libjpeg-turbo8-dev ;;
    *) say libjpeg62-turbo-dev ;;
  esac
  printf '%s\n' ninja-build pkg-config libzstd-dev libxxhash-dev libpng-dev nlohmann-json3-dev libcli11-dev \
    libgtest-dev libbenchmark-dev zlib1g-dev libxml2-dev python3-dev python3-venv
}

is_installed() {
  [[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null || true)" == "ii "* ]]
}

# The version apt would install, or nothing.
candidate() {
  apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# LLVM, and lld of the same version as a library.
installed_llvm() {
  local version
  for ((version = LLVM_NEWEST; version >= LLVM_OLDEST; --version)); do
    if is_installed "llvm-$version-dev" && is_installed "liblld-$version-dev"; then
      say "$version"
      return
    fi
  done
}

offered_llvm() {
  local version
  for ((version = LLVM_NEWEST; version >= LLVM_OLDEST; --version)); do
    if [[ -n "$(candidate "llvm-$version-dev")" && -n "$(candidate "liblld-$version-dev")" ]]; then
      say "llvm-$version-dev liblld-$version-dev"
      return
    fi
  done
}

cmake_is_new_enough() {
  command -v cmake >/dev/null && version_at_least "$(cmake --version | awk 'NR == 1 { print $3 }')" "$CMAKE_OLDEST"
}

# Sets MISSING (package names), NEEDS_LLVM and NEEDS_CMAKE.
find_missing() {
  local package
  MISSING=()
  NEEDS_LLVM=0 NEEDS_CMAKE=0
  while read -r package; do
    is_installed "$package" || MISSING+=("$package")
  done < <(base_packages "$DISTRIBUTION")
  cmake_is_new_enough || NEEDS_CMAKE=1
  [[ -n "$(installed_llvm)" ]] || NEEDS_LLVM=1
}

nothing_missing() { [[ ${#MISSING[@]} -eq 0 && $NEEDS_LLVM -eq 0 && $NEEDS_CMAKE -eq 0 ]]; }

print_missing() {
  local names=("${MISSING[@]}")
  if [[ $NEEDS_CMAKE -eq 1 ]]; then names+=(cmake); fi
  if [[ $NEEDS_LLVM -eq 1 ]]; then
    names+=("llvm-$LLVM_NEWEST-dev and liblld-$LLVM_NEWEST-dev (or the newest that apt offers, down to $LLVM_OLDEST)")
  fi
  printf '  %s\n' "${names[@]}"
}

confirm() {
  [[ -t 0 ]] || die "asks before it installs; pass --yes where there is no terminal"
  local answer
  read -r -p "Install them with apt-get? [y/N] " answer
  [[ "$answer" == [yY]* ]] || die "nothing was installed"
}

as_root() {
  if [[ "$(id -u)" -eq 0 ]]; then
    run env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    run sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    die "installing packages needs root, and there is no sudo; run it as root"
  fi
}

# Ubuntu 22.04 has neither; a script should not add other people's package sources by itself.
explain_no_llvm() {
  cat >&2 <<TEXT
setup.sh: apt offers none of llvm-$LLVM_OLDEST-dev to llvm-$LLVM_NEWEST-dev with liblld. On Ubuntu 22.04, add the LLVM project's
own source (see https://apt.llvm.org) and run this again:
  wget -qO- https://apt.llvm.org/llvm-snapshot.gpg.key | sudo tee /etc/apt/trusted.gpg.d/apt.llvm.org.asc
  echo "deb http://apt.llvm.org/jammy/ llvm-toolchain-jammy-22 main" | sudo tee /etc/apt/sources.list.d/llvm.list
Or build everything but the compiler, without LLVM: cmake --preset release -DHEADRACE_JIT=OFF
TEXT
  exit 1
}

explain_no_cmake() {
  cat >&2 <<TEXT
setup.sh: CMake $CMAKE_OLDEST or newer is needed, and apt offers $(candidate cmake). Newer ones come from PyPI
(python3 -m pip install --user cmake) or from https://apt.kitware.com; put it first in PATH and run this again.
TEXT
  exit 1
}

install_missing() {
  # Old lists name packages that the mirrors no longer have. A source that cannot be reached is no reason to
  # stop as long as the others have everything.
  as_root apt-get update -q || say "apt-get update failed; going on with the lists at hand"
  local packages=("${MISSING[@]}") package llvm=() unknown=()
  if [[ $NEEDS_LLVM -eq 1 ]]; then
    read -r -a llvm <<<"$(offered_llvm)"
    [[ ${#llvm[@]} -gt 0 ]] || explain_no_llvm
    packages+=("${llvm[@]}")
  fi
  if [[ $NEEDS_CMAKE -eq 1 ]]; then
    version_at_least "$(candidate cmake)" "$CMAKE_OLDEST" || explain_no_cmake
    packages+=(cmake)
  fi
  for package in "${packages[@]}"; do
    [[ -n "$(candidate "$package")" ]] || unknown+=("$package")
  done
  [[ ${#unknown[@]} -eq 0 ]] ||
    die "apt does not offer: ${unknown[*]} (on Ubuntu, enable the component \"universe\")"
  as_root apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "${packages[@]}"
}

read_distribution() {
  local id="unknown" version=""
  if [[ -r /etc/os-release ]]; then
    # shellcheck disable=SC1091
    id="$(. /etc/os-release && printf '%s' "${ID:-unknown}")"
    # shellcheck disable=SC1091
    version="$(. /etc/os-release && printf '%s' "${VERSION_ID:-}")"
  fi
  DISTRIBUTION="$id:$version"
}

explain_unknown_distribution() {
  cat >&2 <<TEXT
setup.sh: knows Debian 12 and 13 and Ubuntu 22.04 and 24.04; this is "$DISTRIBUTION". Install, with headers:
  g++ 12 or clang 15 or newer, CMake $CMAKE_OLDEST or newer, Ninja, pkg-config
  LLVM $LLVM_OLDEST to $LLVM_NEWEST as a shared library (not needed with -DHEADRACE_JIT=OFF)
  lld of the same version as a library (not needed with -DHEADRACE_AOT=OFF)
  libjpeg-turbo, zstd, zlib, xxHash, libpng, nlohmann-json, CLI11
  GoogleTest and Google Benchmark (not needed with -DHEADRACE_TESTS=OFF -DHEADRACE_BENCH=OFF)
  for the Python package: Python 3.10 or newer
then: cmake --preset release && cmake --build --preset release
TEXT
  exit 1
}

main() {
  local yes=0 list=0
  while [[ $# -gt 0 ]]; do
    case "$1" in
      -y | --yes) yes=1 ;;
      --list) list=1 ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) usage_error "unknown argument \"$1\"" ;;
    esac
    shift
  done

  read_distribution
  case "$DISTRIBUTION" in
    debian:12 | debian:13 | ubuntu:22.04 | ubuntu:24.04) ;;
    *) explain_unknown_distribution ;;
  esac
  find_missing
  if nothing_missing; then
    say "setup: everything is installed (LLVM $(installed_llvm))"
    exit 0
  fi
  say "setup: to be installed on $DISTRIBUTION:"
  print_missing
  [[ $list -eq 0 ]] || exit 1
  [[ $yes -eq 1 ]] || confirm
  install_missing
  find_missing
  if ! nothing_missing; then
    print_missing >&2
    die "the packages above are still missing"
  fi
  say "setup: done (LLVM $(installed_llvm))"
}

main "$@"
