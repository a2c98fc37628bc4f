#!/usr/bin/env bash
# Makes a virtual environment for each group of peers: setup.sh [--only GROUP,...] FOLDER [HEADRACE]
#
# HEADRACE is a wheel, or this checkout (then it is built); without it run.py needs --headrace. A group that cannot be
# installed is named, and the others go on. A group is a file requirements-GROUP.txt beside this script.
#
# PyPI's torch brings CUDA's libraries along, 5 GB for each of three groups. The figures in docs/peers.md are with torch's
# build for the CPU, but for the group torchvision: set PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu for
# --only torch,ffcv. Then all groups take some 10 GB.
set -u
here=$(cd "$(dirname "$0")" && pwd)
usage() {
  sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

groups=()
for file in "$here"/requirements-*.txt; do
  group=$(basename "$file" .txt)
  groups+=("${group#requirements-}")
done
if [ $# -gt 0 ] && [ "$1" = --only ]; then
  [ $# -gt 1 ] || usage
  known=" ${groups[*]} "
  IFS=, read -r -a groups <<<"$2"
  for group in "${groups[@]}"; do
    case "$known" in
      *" $group "*) ;;
      *)
        echo "setup.sh: there is no group \"$group\"; expected some of$known" >&2
        exit 2
        ;;
    esac
  done
  shift 2
fi
if [ $# -lt 1 ] || [ $# -gt 2 ]; then usage; fi
case "$1" in -*) usage ;; esac
headrace=${2:-}
if [ -n "$headrace" ] && [ ! -e "$headrace" ]; then
  echo "setup.sh: $headrace: expected a wheel or a checkout, found nothing" >&2
  exit 2
fi
python=${PYTHON:-python3}
mkdir -p "$1" || exit 1
folder=$(cd "$1" && pwd)
failed=()

for group in "${groups[@]}"; do
  echo "== $group"
  if [ ! -x "$folder/$group/bin/python" ]; then
    "$python" -m venv "$folder/$group" || { failed+=("$group"); continue; }
  fi
  "$folder/$group/bin/python" -m pip install --quiet --requirement "$here/requirements-$group.txt" || failed+=("$group")
done
if [ -n "$headrace" ]; then
  if [ -x "$folder/torch/bin/python" ]; then
    # Given as a path, or pip would take a name for a package of PyPI.
    "$folder/torch/bin/python" -m pip install --quiet "$(realpath "$headrace")" || failed+=("headrace")
  else
    failed+=("headrace, which belongs into the group torch")
  fi
fi

if [ ${#failed[@]} -ne 0 ]; then
  printf 'not installed: %s\n' "${failed[@]}" >&2
  exit 1
fi
