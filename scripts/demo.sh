#!/usr/bin/env bash
# From a folder of photos to batches, with everything the compiler made on the way.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<TEXT
usage: scripts/demo.sh [--no-setup] [FOLDER]

Installs what is missing (scripts/setup.sh --yes), builds, writes a dataset file from FOLDER (one subfolder
per class; default: examples/photos), runs examples/imagenet_train.json over it for two epochs and leaves the
dataset, a contact sheet of a batch, and the pipeline at each stage of its compilation in out/demo (or in the
folder that the environment variable HEADRACE_OUT names).

  --no-setup  install nothing
TEXT
}

parse_arguments folder "$@"

# Paths from the caller count from where the caller is; everything else runs in the source folder.
folder=""
if [[ -n "$given" ]]; then folder="$(absolute_folder "$given")"; fi
if [[ -n "${HEADRACE_OUT:-}" ]]; then
  mkdir -p "$HEADRACE_OUT"
  out="$(cd "$HEADRACE_OUT" && pwd)"
else
  out=out/demo
fi
cd "$ROOT"
mkdir -p "$out"
folder="${folder:-examples/photos}"
headrace=build/release/cli/headrace
spec=examples/imagenet_train.json
data="$out/photos.hrd"

say "The commands below run in $ROOT"
if [[ $setup -eq 1 ]]; then
  heading "Set-up"
  run scripts/setup.sh --yes
fi

heading "Build"
configure_release -DHEADRACE_JIT=ON --log-level=WARNING
run cmake --build --preset release -j "$(build_jobs)" --target headrace

heading "Dataset from $folder"
run "$headrace" write "$folder" -o "$data" --on-error skip --overwrite
run "$headrace" info "$data"

samples="$("$headrace" info "$data" --json | sed -n 's/^ *"samples": *\([0-9][0-9]*\),*$/\1/p' | head -n 1)"
[[ -n "$samples" && "$samples" -gt 0 ]] || die "$data holds no samples"
batch=$((samples < 32 ? samples : 32))

heading "Two epochs of $spec"
run "$headrace" run "$spec" "$data" --batch-size "$batch" --epochs 2
if [[ "$samples" -lt 500 ]]; then
  say "(With $samples photos this is mostly the time to start; a rate to go by needs a few hundred.)"
fi

heading "A batch, and the pipeline at each stage"
run "$headrace" view "$spec" "$data" -o "$out/contact_sheet.png" --count "$batch"
emit() { run "$headrace" compile "$spec" --data "$data" --emit "$1" -o "$out/$2"; }
emit graph graph.txt
emit graph-opt graph_opt.txt
emit loop loop.txt
emit llvm llvm.txt
emit asm asm.txt

heading "Left in $(cd "$out" && pwd)"
cat <<TEXT
  photos.hrd         the dataset file
  contact_sheet.png  a batch as a training loop gets it: cropped, resized, flipped
  graph.txt          graph IR: the pipeline as it was asked for
  graph_opt.txt      graph IR after all passes
  loop.txt           loop IR: fused strips, explicit vectors
  llvm.txt           LLVM IR
  asm.txt            machine code for this CPU
TEXT
