#!/usr/bin/env bash
# Compiles pipelines for 64-bit Arm on this machine, runs them there (in an emulator), and compares the bytes.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PACKAGES=(libjpeg62-turbo libjpeg62-turbo-dev libzstd1 libzstd-dev libxxhash0 libxxhash-dev libpng16-16 libpng-dev
  zlib1g zlib1g-dev)
TOOLS=(g++-aarch64-linux-gnu qemu-user-static)

usage() {
  cat <<TEXT
usage: scripts/test_aarch64.sh [--no-setup] [FOLDER]

Writes a dataset from FOLDER (photographs, one subfolder per class; default: examples/photos), compiles the pipelines
in examples/ ahead of time for this machine and for AArch64, builds the runtime library for AArch64 with the
distribution's cross compiler, and runs each pipeline over the dataset twice: here, and by qemu in user mode. Prints
both digests of each and exits 0 only if they are equal. Everything goes to build/aarch64. For Debian 12 and 13.

The AArch64 packages of the libraries are unpacked into build/aarch64; nothing of that architecture is installed.

  --no-setup  install no tools (${TOOLS[*]})
TEXT
}

parse_arguments folder "$@"
folder=""
if [[ -n "$given" ]]; then folder="$(absolute_folder "$given")"; fi
exec </dev/null
cd "$ROOT"
folder="${folder:-examples/photos}"
work="$ROOT/build/aarch64"
libraries="$work/libraries"
headrace=build/release/cli/headrace
mkdir -p "$work"

install_tools() {
  local root=() missing=() tool
  for tool in "${TOOLS[@]}"; do
    [[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$tool" 2>/dev/null || true)" == "ii "* ]] || missing+=("$tool")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  [[ "$(id -u)" -eq 0 ]] || root=(sudo)
  run "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "${missing[@]}"
}

# The arm64 packages, with an apt that has its own lists and knows no other architecture; needs no root.
fetch_libraries() {
  if [[ -e "$libraries/complete" ]]; then return; fi
  local apt="$work/apt" package
  rm -rf "$libraries" "$apt" "$work/packages"
  mkdir -p "$libraries" "$apt/lists/partial" "$apt/cache/archives/partial" "$work/packages"
  : >"$apt/status"
  local options=(-q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root
    -o "Dir::State=$apt" -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status"
    -o "Dir::Cache=$apt/cache")
  run apt-get "${options[@]}" update
  (cd "$work/packages" && run apt-get "${options[@]}" download "${PACKAGES[@]}")
  for package in "$work/packages"/*.deb; do dpkg-deb -x "$package" "$libraries"; done
  rm -rf "$apt" "$work/packages"
  touch "$libraries/complete"
}

on_arm() {
  qemu-aarch64-static -L /usr/aarch64-linux-gnu -E "LD_LIBRARY_PATH=$libraries/usr/lib/aarch64-linux-gnu" "$@"
}

digest_of() { sed -n 's/^digest \([0-9a-f]*\).*/\1/p'; }

if [[ $setup -eq 1 ]]; then
  heading "Set-up"
  run scripts/setup.sh --yes
  install_tools
fi
for tool in aarch64-linux-gnu-g++ qemu-aarch64-static; do
  command -v "$tool" >/dev/null || die "$tool is missing; apt-get install ${TOOLS[*]}"
done

heading "Build for this machine"
configure_release -DHEADRACE_AOT=ON -DHEADRACE_EXAMPLES=ON --log-level=WARNING
run cmake --build --preset release -j "$(build_jobs)" --target headrace run_object

heading "Build the runtime library for AArch64"
fetch_libraries
run cmake -S . -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release --log-level=WARNING \
  -DCMAKE_TOOLCHAIN_FILE="$ROOT/cmake/toolchains/aarch64-linux-gnu.cmake" -DHEADRACE_ARM64_LIBRARIES="$libraries" \
  -DHEADRACE_JIT=OFF -DHEADRACE_TESTS=OFF -DHEADRACE_BENCH=OFF -DHEADRACE_EXAMPLES=ON
run cmake --build "$work/build" -j "$(build_jobs)" --target run_object run_object_c

heading "Dataset from $folder"
data="$work/photos.hrd"
run "$headrace" write "$folder" -o "$data" --overwrite

heading "Pipelines"
failed=0
for spec in examples/*.json; do
  name="$(basename "$spec" .json)"
  "$headrace" compile "$spec" --data "$data" --emit so -o "$work/$name.x86-64.so"
  "$headrace" compile "$spec" --data "$data" --emit so -o "$work/$name.aarch64.so" --target aarch64-linux-gnu
  here="$(build/release/examples/aot/run_object "$work/$name.x86-64.so" "$data" 2 4 | digest_of)"
  there="$(on_arm "$work/build/examples/aot/run_object" "$work/$name.aarch64.so" "$data" 2 4 | digest_of)"
  from_c="$(on_arm "$work/build/examples/aot/run_object_c" "$work/$name.aarch64.so" "$data" 1 4 | digest_of)"
  verdict=equal
  if [[ -z "$here" || "$here" != "$there" || "$here" != "$from_c" ]]; then
    verdict="NOT EQUAL"
    failed=1
  fi
  printf '%-22s this machine %s  AArch64 %s  %s\n' "$name" "$here" "$there" "$verdict"
done
[[ $failed -eq 0 ]] || die "the digests above differ"
say "all digests are equal"
