#!/usr/bin/env bash
# Shows that a pipeline gives the same bytes on every way from its spec to a processor.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<TEXT
usage: scripts/rung_table.sh FILE [SPEC...]

Runs each SPEC (default: examples/*.json) over the dataset FILE with both interpreters, as machine code of every level
that this CPU runs, under other schedules, out of the object cache, from an object compiled ahead of time, and with 1, 2
and 4 threads, and prints a table in Markdown of the digests of all output bytes (their first 16 digits). All of a spec
must be equal; the exit code says whether they are. HEADRACE names the program (default: build/release/cli/headrace).
scripts/test_aarch64.sh adds the rung of another processor.
TEXT
}

[[ $# -ge 1 ]] || { usage; exit 2; }
[[ "$1" != -h && "$1" != --help ]] || { usage; exit 0; }
file="$1"
shift
specs=("$@")
[[ ${#specs[@]} -gt 0 ]] || specs=("$ROOT"/examples/*.json)
headrace="${HEADRACE:-$ROOT/build/release/cli/headrace}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export HEADRACE_CACHE_MODE=off

isas=()
for isa in x86-64-v3 x86-64-v4 x86-64-v4-vbmi2 armv8-neon; do
  if "$headrace" doctor 2>/dev/null | grep -qw -- "$isa"; then isas+=("$isa"); fi
done
echo '{"headrace_schedule":1,"vector_bits":128,"strip_rows":8}' >"$work/narrow.json"
echo '{"headrace_schedule":1,"vector_bits":512,"strip_rows":32,"unroll":2}' >"$work/wide.json"

digest() {
  "$headrace" run "$@" --batch-size 24 --seed 7 --digest >"$work/out" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
  sed -n 's/^digest \([0-9a-f]*\).*/\1/p' "$work/out"
}

rungs=()               # in the order of the first spec
declare -A digests=()  # "SPEC RUNG" -> digest
row() {                # RUNG DIGEST
  [[ -n "${digests["${specs[0]} $1"]-}" || "$spec" != "${specs[0]}" ]] || rungs+=("$1")
  digests["$spec $1"]="$2"
}

for spec in "${specs[@]}"; do
  echo "$(basename "$spec") ..." >&2
  row "graph interpreter" "$(digest "$spec" "$file" --engine interp)"
  row "loop interpreter" "$(digest "$spec" "$file" --engine loop-interp)"
  for isa in "${isas[@]}"; do row "machine code, $isa" "$(digest "$spec" "$file" --isa "$isa")"; done
  for schedule in narrow wide; do
    row "machine code, $schedule schedule" "$(digest "$spec" "$file" --schedule "$work/$schedule.json")"
  done
  for t in 1 2 4; do row "machine code, threads: $t" "$(digest "$spec" "$file" --threads "$t")"; done
  mkdir -m 700 "$work/cache"
  for use in stored found; do
    row "object cache, $use" "$(HEADRACE_CACHE_DIR="$work/cache" HEADRACE_CACHE_MODE=rw digest "$spec" "$file")"
  done
  [[ -n "$(find "$work/cache" -type f -size +1k)" ]] || die "nothing was kept in the cache"
  rm -rf "$work/cache"
  "$headrace" compile "$spec" --data "$file" --emit so -o "$work/pipeline.so" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
  for isa in "${isas[@]}"; do
    row "object ahead of time, $isa" "$(digest "$file" --engine aot --object "$work/pipeline.so" --isa "$isa")"
  done
done

bad=0
line() { printf '| %s ' "$@"; echo "|"; }
line rung "${specs[@]##*/}"
line --- "${specs[@]//*/---}"
for rung in "${rungs[@]}"; do
  cells=("$rung")
  for spec in "${specs[@]}"; do
    found="${digests["$spec $rung"]-}" expected="${digests["$spec ${rungs[0]}"]}"
    if [[ -n "$found" && "$found" == "$expected" ]]; then cells+=("\`${found:0:16}\`"); else cells+=("**${found:-failed}**"); bad=1; fi
  done
  line "${cells[@]}"
done
exit "$bad"
