# Sourced by chat.sh and test.sh, with $root set: gets the dependencies and builds the release preset.

PATH="$PATH:$root/build/deps/usr/bin" # where set-up unpacks ninja, if it has to
export PATH

stop() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# build_release TARGET...: everything, if no target is named.
build_release() {
    command -v cmake >/dev/null || stop "cmake is missing; on Debian: apt-get install cmake"
    mkdir -p "$root/build/release"
    log=$root/build/release/setup.log
    cmake -P "$root/cmake/setup.cmake" </dev/null 2>"$log" ||
        stop "$(grep -m1 'ternion:' "$log" | sed 's/^ *ternion: //' || tail -n1 "$log")"

    if [ ! -e "$root/build/release/CMakeCache.txt" ] && command -v ninja >/dev/null; then
        export CMAKE_GENERATOR=Ninja
    fi
    log=$root/build/release/configure.log
    # In CI, warnings are errors.
    (cd "$root" && cmake --preset release ${CI:+-D CMAKE_COMPILE_WARNING_AS_ERROR=ON}) >"$log" 2>&1 </dev/null || {
        cat "$log" >&2
        stop "configuring failed"
    }
    [ -d "$root/build/release/bin" ] || echo "-- ternion: building; the first time takes a few minutes"
    (cd "$root" && cmake --build --preset release --parallel "$(jobs_at_once)" ${1:+--target "$@"}) </dev/null ||
        stop "building failed"
}

jobs_at_once() { echo "${CMAKE_BUILD_PARALLEL_LEVEL:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}"; }
