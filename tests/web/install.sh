#!/bin/sh
# install.sh NPM PACKAGE FOLDER [MODEL]: packs the npm package and installs it into a new folder, from no network, beside
# its tests and the model. Status 77 where there is no npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
npm=$1
package=$2
folder=$3
case $npm in *NOTFOUND)
    echo "skipped: npm is not installed: cmake -DTERNION_SETUP=web -P cmake/setup.cmake"
    exit 77
    ;;
esac
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
quiet="--offline --no-audit --no-fund --no-update-notifier --loglevel=error --cache=$folder/cache"
# shellcheck disable=SC2086 # a list of options
file=$("$npm" pack $quiet "$package")
echo '{"private": true, "type": "module"}' >package.json
# shellcheck disable=SC2086
"$npm" install $quiet "./$file"
cp "$here/expected.mjs" "$here/package_checks.mjs" "$here/package_in_node.mjs" "$here/package.html" "$here/package_worker.mjs" \
    "$folder"
[ -z "${4-}" ] || cp "$4" "$folder/small.gguf"
ls -l "$file" node_modules/ternion
