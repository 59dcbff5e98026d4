#!/bin/sh
# pkg_config.sh PREFIX SOURCE WORK: the C interface as installed under PREFIX, found by pkg-config, with each C compiler that is here:
# the example program, shared and static, and the tests of the interface.
set -eu
prefix=$1
source=$2
work=$3
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name ternion.pc)")
export PKG_CONFIG_PATH
[ -z "$(find "$prefix" -name '*.hpp')" ] || { echo "the components of C brought headers of C++"; exit 1; }
flags="-std=c99 -O2 -Wall -Wextra -pedantic -Werror $(pkg-config --cflags ternion)"
shared=$(pkg-config --libs ternion)
library=$(pkg-config --variable=libdir ternion)
static="$library/libternion.a $(pkg-config --static --libs ternion | sed 's/-lternion//')"
expected='123 -123 2'
compilers=0

for compiler in gcc clang clang-19; do
    command -v "$compiler" >/dev/null || continue
    # shellcheck disable=SC2086 # lists of flags
    {
        "$compiler" $flags "$source/examples/c_interface/main.c" $shared -o "$work/shared"
        "$compiler" $flags "$source/examples/c_interface/main.c" $static -o "$work/static"
        "$compiler" $flags "$source"/tests/c_interface/*.c $shared -lm -pthread -o "$work/tests"
    }
    for program in shared static; do
        LD_LIBRARY_PATH=$library "$work/$program" >"$work/output"
        [ "$(head -n 1 "$work/output")" = "$expected" ] || { echo "$compiler, $program: $(cat "$work/output")"; exit 1; }
    done
    ! "$work/shared" >/dev/null 2>&1 || { echo "the shared library was not used"; exit 1; }
    LD_LIBRARY_PATH=$library "$work/tests" library abi products scales errors threads allocation
    compilers=$((compilers + 1))
done
[ "$compilers" -gt 0 ] || { echo "no C compiler is here"; exit 1; }
if command -v meson >/dev/null; then
    mkdir "$work/meson"
    cp "$source/tests/consume/c/meson.build" "$source/examples/c_interface/main.c" "$work/meson/"
    (cd "$work/meson" && meson setup build && meson compile -C build)
    [ "$(LD_LIBRARY_PATH=$library "$work/meson/build/consumer" | head -n 1)" = "$expected" ] || { echo "meson's program is wrong"; exit 1; }
fi
echo "ternion $(pkg-config --modversion ternion) consumed in C, by $compilers compilers"
