#!/usr/bin/env bash
# The picture of an explained pipeline that docs/explain.md shows.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<TEXT
usage: scripts/draw_explain.sh [FOLDER] [PICTURE]

Writes the photos in FOLDER (one subfolder per class; default: examples/photos) as a packed dataset, explains
examples/imagenet_train_f16.json on it, and takes a picture of the first part of the page with Chromium (default:
docs/images/explain.png). Beside it, in build/explain, the page as on a phone, in dark, and in print. The environment
variables HEADRACE and CHROMIUM name the programs (default: build/release/cli/headrace, chromium).
TEXT
}

case "${1:-}" in
  -h | --help)
    usage
    exit 0
    ;;
  -*) usage_error "unknown argument \"$1\"" ;;
esac
folder="${1:-$ROOT/examples/photos}"
picture="${2:-$ROOT/docs/images/explain.png}"
headrace="${HEADRACE:-$ROOT/build/release/cli/headrace}"
chromium="${CHROMIUM:-chromium}"
[[ -x "$headrace" ]] || die "$headrace is not there; build it, or name it in HEADRACE"
command -v "$chromium" >/dev/null || die "$chromium is not there; on Debian: apt-get install chromium"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
shots="$ROOT/build/explain"
mkdir -p "$shots"

# shot WIDTH HEIGHT FILE [OPTION...]
shot() {
  local width="$1" height="$2" file="$3"
  shift 3
  run "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" \
    --force-device-scale-factor=1 --window-size="$width,$height" "$@" --screenshot="$file" "file://$work/explain.html" 2>/dev/null
}

cd "$ROOT"
run "$headrace" write "$folder" -o "$work/photos.hrd"
# Names as a reader would have them.
(cd "$work" && cp "$ROOT/examples/imagenet_train_f16.json" . &&
  run "$headrace" explain imagenet_train_f16.json --data photos.hrd --html explain.html >explain.txt)
shot 1100 1790 "$picture"
shot 360 6000 "$shots/phone.png"
shot 1100 1500 "$shots/dark.png" --force-dark-mode --enable-features=WebContentsForceDark:inversion_method/none
run "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --no-pdf-header-footer \
  --print-to-pdf="$shots/print.pdf" "file://$work/explain.html" 2>/dev/null
cp "$work/explain.html" "$shots/explain.html"
say "wrote $picture, and in $shots phone.png, dark.png, print.pdf, explain.html"
