#!/bin/sh
# Checks the project's own rules: lint.sh ROOT FILES HEADERS. It fails on any complaint, and if it saw fewer than FILES
# text files or HEADERS headers of the library, because a check that looks at nothing proves nothing.
set -eu
rules=$(cd "$(dirname "$0")" && pwd)/lint.awk
cd "$1"

counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
set -f
complaints=$(find . -type d \( -name build -o -name '.git' -o -name '.cache' \) -prune -o -type f \( \
    -name '*.hpp' -o -name '*.cpp' -o -name '*.h' -o -name '*.c' -o -name '*.cmake' -o -name '*.in' -o -name '*.sh' -o -name '*.awk' -o -name '*.py' -o -name '*.pyi' \
    -o -name '*.md' -o -name '*.txt' -o -name '*.yml' -o -name 'CMakePresets.json' -o -path './cmake/presets/*' -o -path './.ci/*' \) -print |
    sed 's|^\./||' | LC_ALL=C sort | LC_ALL=C xargs awk -v counts="$counts" -f "$rules")
read -r files headers <"$counts"
# The version is stated in core/version.hpp; this file can't read it.
port=cmake/packaging/vcpkg/vcpkg.json
if [ -e "$port" ]; then
    version=$(sed -n 's/.*define TERNION_VERSION_[A-Z]* \([0-9]*\)$/\1/p' include/ternion/core/version.hpp | paste -sd.)
    grep -q "\"version\": \"$version\"" "$port" || complaints="$complaints
$port: expected the version $version of core/version.hpp"
fi
[ -z "$complaints" ] || echo "$complaints"

echo "lint: $files files checked, $headers of them headers of the library"
if [ "$files" -lt "$2" ] || [ "$headers" -lt "$3" ]; then
    echo "lint: fewer than $2 files or $3 headers: wrong folder?"
    exit 1
fi
[ -z "$complaints" ]
