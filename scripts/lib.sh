# shellcheck shell=bash
# What the scripts share. Sourced, not run.

# shellcheck disable=SC2034  # used by the scripts that source this
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

say() { printf '%s\n' "$*"; }
heading() { printf '\n== %s\n' "$*"; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}
usage_error() {
  # shellcheck disable=SC2016  # the backquotes are text
  printf '%s: %s\nSee `%s --help`.\n' "$(basename "$0")" "$1" "$0" >&2
  exit 2
}

# Shows a command as it could be typed again, then runs it.
run() {
  printf '$'
  printf ' %q' "$@"
  printf '\n'
  "$@"
}

# Compilers to run at once: one per CPU this process may use, and per 1.5 GiB of memory that is free.
build_jobs() {
  local cpus memory
  cpus="$(nproc)"
  memory="$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo 2>/dev/null || true)"
  if [[ -n "$memory" && "$memory" -lt "$cpus" ]]; then cpus="$memory"; fi
  if [[ "$cpus" -lt 1 ]]; then cpus=1; fi
  printf '%s\n' "$cpus"
}

# version_at_least 3.28.1 3.25
version_at_least() { [[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" == "$2" ]]; }

# Ubuntu 22.04's plain g++ is 11, and setup.sh installs g++-12 beside it.
choose_compiler() {
  if [[ -n "${CXX:-}" ]] || ! command -v g++-12 >/dev/null; then return; fi
  if command -v g++ >/dev/null && version_at_least "$(g++ -dumpversion)" 12; then return; fi
  export CC=gcc-12 CXX=g++-12
}

# Arguments are added to the configure command.
configure_release() {
  choose_compiler
  run cmake --preset release "$@"
}

# python_environment FOLDER PYTHON PACKAGES...: a virtual environment with packages from PyPI. It sees those of PYTHON
# where that has torch, which is large.
python_environment() {
  local folder="$1" python="$2" sites=()
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    die "\"$python\" is no Python of version 3.10 or newer"
  if "$python" -c 'import torch' 2>/dev/null; then sites=(--system-site-packages); fi
  [[ -x "$folder/bin/python" ]] || run "$python" -m venv "${sites[@]}" "$folder"
  run "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "${@:3}"
}

# What python/tests needs; with torch it tests more.
# shellcheck disable=SC2034
PYTHON_TEST_PACKAGES=(nanobind numpy pillow pytest)

# parse_arguments WHAT ARGUMENTS...: for scripts that take --no-setup, --help and at most one WHAT. Sets `setup` (0 or
# 1) and `given`.
# shellcheck disable=SC2034
parse_arguments() {
  local what="$1" argument
  shift
  setup=1
  given=""
  for argument in "$@"; do
    case "$argument" in
      --no-setup) setup=0 ;;
      -h | --help)
        usage
        exit 0
        ;;
      -*) usage_error "unknown argument \"$argument\"" ;;
      *)
        [[ -z "$given" ]] || usage_error "takes one $what"
        given="$argument"
        ;;
    esac
  done
}

# absolute_folder FOLDER: an existing one. Relative paths count from where the caller is.
absolute_folder() {
  [[ -d "$1" ]] || die "\"$1\" is not a folder"
  (cd "$1" && pwd)
}
