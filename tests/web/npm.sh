#!/bin/sh
# npm.sh PACKAGE WORK MODEL EXPECTED: packs the folder PACKAGE, installs that into an empty project in WORK, without a network,
# and runs the program of its README there, with MODEL beside it: its answer ends with EXPECTED.
set -eu
command -v npm >/dev/null || { echo "skipped: npm isn't installed"; exit 77; }
rm -rf "$2"
mkdir -p "$2/project"
export npm_config_cache="$2/cache" npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false
(cd "$1" && npm pack --silent --pack-destination "$2")
cd "$2/project"
echo '{"private": true}' >package.json
npm install --silent --offline "$2"/ternion-*.tgz
[ "$(ls node_modules/ternion | sort | paste -sd' ')" = "LICENSE README.md index.d.ts index.mjs package.json ternion.mjs ternion_web.js ternion_web.wasm" ] ||
    { echo "other files than expected:"; ls node_modules/ternion; exit 1; }
cp "$3" small.gguf
sed -n '/^```js$/,/^```$/p' node_modules/ternion/README.md | sed '/^```/d' >show.mjs
answer=$(node --no-experimental-fetch show.mjs)
echo "$answer"
case $answer in *"$4") ;; *) echo "expected an answer that ends with $4"; exit 1 ;; esac
head -c 5 "$3" >small.gguf
! node --no-experimental-fetch show.mjs >refused 2>&1 || { echo "five bytes of a model were not refused"; exit 1; }
grep -q 'Error: small.gguf' refused || { cat refused; exit 1; }
