#!/usr/bin/env bash
# A gallery of pools of models: scripts/gallery_of_pools.sh BINARY [NAME]
#
# NAME is an experiment in experiments/gallery: smoke (14 models, minutes; the default) or test-pools (624 models of three
# generators, hours). Makes the pools that are not there, explains their models, and writes runs/gallery/NAME/site/index.html.
# Goes on where it stopped.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=$1
name=${2:-smoke}
folder=runs/gallery/$name

[[ $name == smoke ]] || python3 scripts/fetch_art.py
"$binary" run "experiments/gallery/$name.toml" --quiet >/dev/null
"$binary" index "$folder" --out "$folder/models.finexl"
"$binary" gallery "$folder/models.finexl" --out "$folder/site"
