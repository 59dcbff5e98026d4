#!/bin/bash
# run.sh [-FLAG...] [COMPILER...]: builds the tests of an instruction set and the examples with each compiler, warnings
# being errors, and runs them: every packing against the oracle, the decoder's golden logits, the small programs. Flags that
# choose another instruction set, such as -march=x86-64-v3, take the place of -march=native. Unnamed: those of the list
# below that are installed. Fails if any fails, if a named one is absent, or if none is there.
set -u
cd "$(dirname "$0")/../.." || exit
flags=
compilers=()
for argument; do
    case $argument in
    -*) flags+="${flags:+ }$argument" ;;
    *) compilers+=("$argument") ;;
    esac
done
named=${#compilers[@]}
[ "$named" != 0 ] || compilers=(g++-{12,13,14} clang++-{14,15,16,17,18,19})

# Everything of one compiler, in a folder of its own.
try() {
    local build=$1 compiler=$2
    cmake --preset compilers -B "$build" -DCMAKE_CXX_COMPILER="$compiler" -DTERNION_ARCH_FLAGS="${flags:--march=native}" &&
        cmake --build "$build" --parallel "$(getconf _NPROCESSORS_ONLN)" --target ternion_isa_tests \
            ternion_isa_golden_tests quickstart custom_packing bitnet-2b4t bitnet-train &&
        ctest --test-dir "$build" --output-on-failure --no-tests=error \
            --tests-regex '^((isa|dispatch): .*|quickstart|custom_packing)$' &&
        "$build/bin/bitnet-train" --help
}

table=
row() { table+=$(printf '%-12s  %-8s  %s' "$@")$'\n'; }
row compiler version result
tested=0
failed=0
for compiler in "${compilers[@]}"; do
    if ! command -v "$compiler" >/dev/null; then
        row "$compiler" - absent
        failed=$((failed + (named != 0)))
        continue
    fi
    build=build/compilers/$(basename "$compiler")
    mkdir -p "$build"
    result=passed
    try "$build" "$compiler" >"$build/log" 2>&1 || result="FAILED, see $build/log"
    [ "$result" = passed ] || failed=$((failed + 1))
    tested=$((tested + 1))
    row "$compiler" "$("$compiler" -dumpfullversion -dumpversion)" "$result"
    echo "$compiler: $result"
done
printf '%s' "$table"
echo "$tested tested with ${flags:--march=native}, $failed failed"
[ "$tested" != 0 ] && [ "$failed" = 0 ]
