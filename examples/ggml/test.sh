#!/bin/bash
# Tests ternion in ggml, as packaged: test.sh [BUILD [BITNET]]. Gets ggml and llama.cpp (get_ggml.sh), builds the backend and
# the programs into BUILD (default: build/ggml), and runs, in the root file system of those packages:
#   - the custom operation, and the backend's own tests;
#   - ggml's conformance test, for products of ternary types;
#   - llama.cpp on tiny models, which BITNET (default: build/release/bin/bitnet-2b4t) makes, with and without the backend;
#   - a backend of another version of ggml's interface, which must be refused.
# Stops at the first failure. Prints what was run. Ends with 77 where the packages can't be had, or are of another version of
# ggml than the one that this was written for.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
build=${1:-build/ggml}
bitnet=${2:-build/release/bin/bitnet-2b4t}
fail() {
    echo "test.sh: $*" >&2
    exit 1
}
[ -x "$bitnet" ] || fail "expected the program bitnet-2b4t, which makes the models, at $bitnet; build it, or name another"

mkdir -p "$build"
build=$(cd "$build" && pwd)
root=$build/root
"$here/get_ggml.sh" "$root" || exit 77
found=$(sed -n 's/^libggml0 //p' "$root/packages")
case $found in
0.27 | 0.27[-.+~]*) ;;
*) echo "test.sh: expected ggml 0.27, whose interface backend/abi.hpp describes, found $found: look at both" >&2; exit 77 ;;
esac
cmake --preset release -B "$build" -DGGML_ROOT="$root/usr" -DTERNION_BUILD_TESTS=OFF -DTERNION_BUILD_BENCHMARKS=OFF \
    >"$build/configure.log" 2>&1 || { cat "$build/configure.log"; fail "CMake can't configure"; }
cmake --build "$build" --parallel "$(getconf _NPROCESSORS_ONLN)" --target ggml-ternion ggml-ternion-old ggml_custom_op ggml_backend_test

backend=/tmp/libggml-ternion.so
for file in libggml-ternion.so libggml-ternion-old.so ggml_custom_op ggml_backend_test; do
    cp "$(find "$build" -name "$file" -not -path "$root/*" | head -n1)" "$root/tmp/"
done
in_root() { "$here/in_root.sh" "$root" "$@" </dev/null; }

echo "== custom operation"
in_root /tmp/ggml_custom_op 2
echo "== backend"
in_root /tmp/ggml_backend_test $backend

echo "== ggml's test-backend-ops"
operations=$(find "$root/usr" -name test-backend-ops | head -n1)
log=$build/test-backend-ops.log
GGML_BACKEND_PATH=$backend in_root "${operations#"$root"}" test -b ternion -o MUL_MAT -p 'type_a=(tq1_0|tq2_0|q2_0)' >"$log" 2>&1 ||
    { grep -a FAIL "$log" || tail "$log"; fail "test-backend-ops failed: $log"; }
all=0
for type in tq1_0 tq2_0 q2_0; do
    passed=$(grep -a "type_a=$type," "$log" | grep -ac 'OK' || true)
    refused=$(grep -a "type_a=$type," "$log" | grep -ac 'not supported' || true)
    echo "$type: $passed cases passed, $refused not supported"
    all=$((all + passed))
    [ "$passed" -ge 10 ] || fail "expected test-backend-ops to pass 10 cases of $type or more, found $passed"
done
[ $all -ge 100 ] || fail "expected test-backend-ops to pass 100 cases or more, found $all"

echo "== llama.cpp"
# answer NAME=VALUE... MODEL: what it generates. The best tokens of random weights are hardly better than the next; after this prompt
# they are enough so that the other rounding of activations (Q2_0) changes none.
answer() {
    local model=${*: -1}
    env "${@:1:$#-1}" "$here/in_root.sh" "$root" /usr/bin/llama-completion -m "/tmp/$model" -p 42 -n 24 -no-cnv --temp 0 -t 2 -lv 4 \
        </dev/null 2>"$build/llama.log" || { tail "$build/llama.log"; fail "llama-completion failed: $build/llama.log"; }
}
"$bitnet" synth --size 125M --family llama --layers 2 --output "$build/tiny.gguf" >"$build/synth.log"
for type in TQ1_0 TQ2_0 Q2_0; do
    "$bitnet" convert -m "$build/tiny.gguf" --layers $type --output "$root/tmp/tiny.gguf" >"$build/convert.log"
    without=$(answer LC_ALL=C tiny.gguf)
    with=$(answer GGML_BACKEND_PATH=$backend tiny.gguf)
    grep -aq 'ternion model buffer size' "$build/llama.log" || fail "llama.cpp didn't use the backend: $build/llama.log"
    [ ${#without} -gt 40 ] || fail "expected a text from llama.cpp, found '$without'"
    [ "$without" = "$with" ] || fail "$type: without the backend: $without; with it: $with"
    echo "$type: the same text with and without the backend, ${#with} characters"
done

echo "== another version of ggml's interface"
GGML_BACKEND_PATH=/tmp/libggml-ternion-old.so in_root "${operations#"$root"}" support -b ternion -o MUL_MAT >"$build/old.log" 2>&1 || true
grep -a 'API version' "$build/old.log" || fail "expected ggml to refuse a backend of another version: $build/old.log"
echo "ternion in ggml: all tests passed"
