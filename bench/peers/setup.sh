#!/usr/bin/env bash
# Makes a virtual environment for each group of peers: setup.sh FOLDER [HEADRACE]
#
# HEADRACE is a wheel, or this checkout (then it is built); without it run.py needs --headrace. A group that cannot be
# installed is named, and the others go on. Some 6 GB, most of it CUDA's libraries, which PyPI's torch brings along.
set -u
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
mkdir -p "$1" || exit 1
folder=$(cd "$1" && pwd)
failed=()

for file in "$here"/requirements-*.txt; do
  group=$(basename "$file" .txt)
  group=${group#requirements-}
  echo "== $group"
  if [ ! -x "$folder/$group/bin/python" ]; then
    "$python" -m venv "$folder/$group" || { failed+=("$group"); continue; }
  fi
  "$folder/$group/bin/pip" install --quiet --requirement "$file" || failed+=("$group")
done
if [ $# -eq 2 ]; then
  "$folder/torch/bin/pip" install --quiet "$2" || failed+=("headrace")
fi

if [ ${#failed[@]} -ne 0 ]; then
  echo "not installed: ${failed[*]}" >&2
  exit 1
fi
