#!/usr/bin/env bash
# Makes a gallery and looks at it in a browser: scripts/test_gallery.sh BINARY [PICTURES]
#
# Needs Chromium and Python. Playwright and axe come from the index of Python packages, pinned: that package of Playwright's
# brings its own node, so neither node nor npm has to be there.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=$(realpath "$1")
[[ -z ${2:-} ]] || export PICTURES=$2
work=$(mktemp -d)
serving=
finish() {
  [[ -z $serving ]] || kill "$serving" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

python3 -m venv "$work/environment"
"$work/environment/bin/python" -m pip install -q --disable-pip-version-check playwright==1.49.0 axe-playwright-python==0.1.8
packages=$("$work/environment/bin/python" -c 'import playwright, pathlib; print(pathlib.Path(playwright.__file__).parents[1])')
# As node looks for them.
mkdir -p "$work/node_modules/axe-core"
ln -s "$packages/playwright/driver/package" "$work/node_modules/playwright-core"
ln -s "$packages/axe_playwright_python/axe.min.js" "$work/node_modules/axe-core/axe.min.js"
node=$packages/playwright/driver/node

# One real model at two scales, with pages, and many that are made up from them. With fewer pairs nothing is significant, and
# then there are no telling pairs.
for colour in teal white green black red blue yellow; do
  printf '%s red apple on a %s background, at the %s\n' small "$colour" left large "$colour" top
done >"$work/prompts.txt"
mkdir "$work/real"
for scale in 0.5 1.5; do
  "$binary" explain --adapter experiments/inputs/cosy-pixels --scale "$scale" --prompts "$work/prompts.txt" --steps 4 --quiet \
    --json "$work/real/cosy-$scale.json" --html "$work/real/cosy-$scale.html" >/dev/null
done
python3 scripts/gallery_records.py "$work/real" "$work/records"
"$binary" index "$work/records" --out "$work/models.finexl" --quiet
"$binary" gallery "$work/models.finexl" --out "$work/site" --quiet

script=$PWD/scripts/test_gallery.mjs
cd "$work"
printf '\nin a folder\n'
"$node" "$script" "$work/site"

"$binary" gallery "$work/models.finexl" --serve --port 0 >"$work/address" &
serving=$!
until grep -q '^http' "$work/address"; do sleep 0.1; done
printf '\nserved\n'
"$node" "$script" "$(sed -n 's/ .*//p' "$work/address")"
