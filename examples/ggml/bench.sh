#!/bin/bash
# Compares llama.cpp with and without the backend on this machine: bench.sh BUILD MODEL [ROUNDS], after test.sh BUILD. In each of
# ROUNDS rounds (default: 5) both read a prompt of 128 tokens and generate 16, on one thread and on two, in turns; prints
# the medians in tokens a second, and their ratio.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { echo "bench.sh: expected BUILD MODEL [ROUNDS], found $# arguments" >&2; exit 2; }
root=$1/root model=$2 rounds=${3:-5}
[ -e "$root/tmp/libggml-ternion.so" ] || { echo "bench.sh: no backend in $root/tmp; run test.sh $1 first" >&2; exit 1; }
ln -f "$model" "$root/tmp/bench.gguf" 2>/dev/null || cp "$model" "$root/tmp/bench.gguf"
results=$(mktemp)
trap 'rm -f "$results" "$results.csv" "$results.log"' EXIT

# once WHO BACKEND: a line "WHO test threads tokens/s" for each test.
once() {
    GGML_BACKEND_PATH=$2 "$here/in_root.sh" "$root" /usr/bin/llama-bench -m /tmp/bench.gguf -p 128 -n 16 -t 1,2 -r 1 -o csv \
        >"$results.csv" 2>"$results.log" </dev/null ||
        { echo "bench.sh: llama-bench can't run $model: $(grep -aim1 error "$results.log" || tail -n1 "$results.log")" >&2; exit 1; }
    awk -v who="$1" -F'","' 'NR == 1 { gsub(/"/, ""); n = split($0, names, ","); for (i = 1; i <= n; ++i) at[names[i]] = i; next }
        { gsub(/"$/, ""); print who, ($at["n_prompt"] > 0 ? "prompt" : "generation"), $at["n_threads"], $at["avg_ts"] }' \
        "$results.csv" >>"$results"
}
for round in $(seq "$rounds"); do
    once ggml ""
    once ternion /tmp/libggml-ternion.so
    echo "round $round of $rounds" >&2
done
sort -k1,3 -k4,4n "$results" | awk '{ key = $2 " " $3; values[$1, key, ++count[$1, key]] = $4; keys[key] }
    function median(who, key) { return values[who, key, int((count[who, key] + 1) / 2)] }
    END { printf "%-12s %7s %10s %10s %6s\n", "", "threads", "ggml", "ternion", "ratio"
          for (key in keys) { split(key, k, " "); a = median("ggml", key); b = median("ternion", key)
              printf "%-12s %7s %10.2f %10.2f %6.2f\n", k[1], k[2], a, b, b / a | "sort" } }'
