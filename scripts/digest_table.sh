#!/usr/bin/env bash
# Shows that the global batches of a run are the same however it is run.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<TEXT
usage: scripts/digest_table.sh SPEC FILE [GLOBAL_BATCH]

Runs two epochs of SPEC over the dataset FILE in many ways (worlds, threads, engines, instruction sets, ways of
reading, stopped and resumed with another world) with a global batch of GLOBAL_BATCH rows (default: 24) and prints
for each the SHA-256 of the list of its samples: epoch, global batch, position, sample and the hash of the
sample's outputs. All must be equal; the exit code says whether they are. HEADRACE names the program
(default: build/release/cli/headrace).
TEXT
}

[[ $# -ge 2 && $# -le 3 ]] || { usage; exit 2; }
spec="$1" file="$2" global="${3:-24}"
headrace="${HEADRACE:-build/release/cli/headrace}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

run() { "$headrace" run "$spec" "$file" --seed 7 --epochs 2 "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }
lines() { cat "$@" | grep -v '^epoch' | sort -t, -k1,1n -k2,2n -k3,3n | sha256sum | cut -c1-32; }

reference=""
bad=0
row() {
  local name="$1" digest="$2"
  [[ -n "$reference" ]] || reference="$digest"
  local mark="equal"
  [[ "$digest" == "$reference" ]] || { mark="DIFFERENT"; bad=1; }
  printf '%-44s %s  %s\n' "$name" "$digest" "$mark"
}

world() {  # one run of every rank
  local w="$1"
  shift
  for ((r = 0; r < w; ++r)); do
    run --batch-size $((global / w)) --world-size "$w" --rank "$r" --samples "$work/rank$r.csv" "$@"
  done
  lines "$work"/rank*.csv
  rm -f "$work"/rank*.csv
}

even=1  # rows of a rank's batch must be a multiple of it: mixing needs pairs
if grep -q '"batch"' "$spec"; then even=2; fi
fits() { ((global % $1 == 0 && global / $1 % even == 0)); }
for w in 1 2 3 4 6 8 12; do
  if fits "$w"; then row "world $w" "$(world "$w" --threads 2)"; fi
done
for t in 1 2 7; do row "$t threads" "$(world 1 --threads "$t")"; done
for io in mmap pread direct; do row "reading by $io" "$(world 1 --io "$io")"; done
for isa in x86-64-v3 x86-64-v4 x86-64-v4-vbmi2; do
  if "$headrace" doctor 2>/dev/null | grep -q "$isa"; then row "instruction set $isa" "$(world 1 --isa "$isa")"; fi
done
for engine in interp loop-interp; do row "engine $engine" "$(world 1 --engine "$engine" --threads 2)"; done

worlds=(1 2 3 4 6 8 12)
for stop in 1 3 5; do
  for i in 0 2 4; do
    before="${worlds[$i]}" after="${worlds[$(((i + stop) % 7))]}"
    fits "$before" && fits "$after" || continue
    for ((r = 0; r < before; ++r)); do
      run --batch-size $((global / before)) --world-size "$before" --rank "$r" --samples "$work/rank_a$r.csv" \
        --stop-after-batches "$stop" --save-state "$work/state.json"
    done
    for ((r = 0; r < after; ++r)); do
      run --batch-size $((global / after)) --world-size "$after" --rank "$r" --samples "$work/rank_b$r.csv" \
        --state "$work/state.json"
    done
    row "stopped after batch $stop, world $before to $after" "$(lines "$work"/rank*.csv)"
    rm -f "$work"/rank*.csv
  done
done
exit "$bad"
