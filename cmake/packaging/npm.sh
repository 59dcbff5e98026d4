#!/bin/sh
# Makes the npm package of ternion in WebAssembly (examples/web): gets what is missing, builds, packs, and prints the
# file's path.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/cmake/setup/release.sh"

command -v cmake >/dev/null || stop "cmake is missing; on Debian: apt-get install cmake"
cmake -DTERNION_SETUP=web -P "$root/cmake/setup.cmake" </dev/null >&2 || stop "set-up failed"
build=$root/build/wasm
mkdir -p "$build"
if [ ! -e "$build/CMakeCache.txt" ] && command -v ninja >/dev/null; then
    export CMAKE_GENERATOR=Ninja
fi
(cd "$root" && cmake --preset wasm) >"$build/configure.log" 2>&1 </dev/null || {
    cat "$build/configure.log" >&2
    stop "configuring failed"
}
cmake --build "$build" --parallel "$(jobs_at_once)" --target ternion_npm </dev/null >&2 || stop "building failed"
cd "$build/npm"
rm -f ./*.tgz
file=$(npm pack --offline --no-update-notifier --loglevel=error ./package) || stop "npm can't pack it"
echo "$build/npm/$file"
