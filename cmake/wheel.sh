#!/bin/sh
# Makes the Python package's wheel, with the kernels of every instruction set of this kind of machine: gets what is missing,
# builds, and prints the wheel's path. PYTHON in the environment names another Python to build for.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/setup/release.sh"

command -v cmake >/dev/null || stop "cmake is missing; on Debian: apt-get install cmake"
build=$root/build/wheel
mkdir -p "$build"
cmake -DTERNION_SETUP=python -P "$root/cmake/setup.cmake" </dev/null >&2 || stop "set-up failed"
if [ ! -e "$build/CMakeCache.txt" ] && command -v ninja >/dev/null; then
    export CMAKE_GENERATOR=Ninja
fi
# A wheel brings PCRE2 along, where there is a static one.
pcre2=$(c++ "-print-file-name=libpcre2-8.a")
case $pcre2 in /*) ;; *) pcre2= ;; esac
(cd "$root" && cmake --preset portable -B "$build" -D TERNION_BUILD_TESTS=OFF -D CMAKE_COMPILE_WARNING_AS_ERROR=OFF \
    ${PYTHON:+-D "TERNION_PYTHON_EXECUTABLE=$(command -v "$PYTHON")"} ${pcre2:+-D "TERNION_PCRE2_LIBRARY=$pcre2"}) \
    >"$build/configure.log" 2>&1 </dev/null || {
    cat "$build/configure.log" >&2
    stop "configuring failed"
}
cmake --build "$build" --parallel "$(jobs_at_once)" --target ternion_wheel </dev/null >&2 || {
    grep 'ternion: no' "$build/configure.log" >&2 || true
    stop "building failed"
}
ls -t "$build"/python/ternion-*.whl | head -n 1
