#!/bin/sh
# run.sh PROGRAMS [SECONDS]: runs each fuzz target for a while, in two turns, from seeds that are the golden files (of
# models, what stands before the tensors' data) and what was found before; the same inputs each time, as far as the seconds
# allow. Fails on any finding, which stays in the working folder: copy it to tests/fuzz/findings/TARGET/, where the
# ordinary tests try it for ever.
set -eu
programs=$1
seconds=${2:-60}
tests=$(cd "$(dirname "$0")/.." && pwd)
work=$programs/../fuzz
rm -rf "$work"

seed() { # seed TARGET NAME: standard input becomes a seed
    mkdir -p "$work/$1"
    cat >"$work/$1/$2"
}
head -c 16000 "$tests/golden/tiny-bitnet.gguf" | seed gguf header
cat "$tests/golden/tiny-bitnet.gguf" | seed gguf whole
head -c 6400 "$tests/golden/tiny-bitnet-hf/model.safetensors" | seed safetensors header
cat "$tests/golden/tiny-bitnet-hf/model.safetensors" | seed safetensors whole
cat "$tests/golden/tiny-bitnet-hf/config.json" | seed config golden
# Vocabularies of the 256 bytes, as GPT-2 writes them and in base64, and one merge.
awk 'BEGIN {
    printf "{\"added_tokens\":[{\"id\":257,\"content\":\"<|eot_id|>\"}],\"pre_tokenizer\":{\"type\":\"ByteLevel\"},\"model\":{\"type\":\"BPE\",\"vocab\":{\"ab\":256"
    for (n = 33; n < 324; ++n) if (n < 127 || (n > 160 && n != 173)) printf ",\"\\u%04x\":%d", n, id++
    printf "},\"merges\":[\"a b\",[\"a\",\"b\"]]}}"
}' | seed vocabulary json
awk 'BEGIN {
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (n = 0; n < 256; ++n) print substr(digits, int(n / 4) + 1, 1) substr(digits, n % 4 * 16 + 1, 1) "== " n
    print "YWI= 256"
}' | seed vocabulary tiktoken
cat "$tests/../README.md" | seed text readme
head -c 3000 "$tests/../README.md" | seed c_interface readme
awk 'BEGIN { for (i = 0; i < 900; ++i) printf "%c", (i * i * 7 + i) % 128 }' | seed c_interface numbers
printf 'it'"'"'s 1234  \303\251<|eot_id|>\377\n\n ' | seed text mixed
printf '%s' '{"messages":[{"role":"user","content":"hi"}],"n":2,"stop":["a"],"logit_bias":{"5":1.5},"seed":-5}' | seed request chat
printf '%s' '{"prompt":["a",[1,2]],"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"enum":[1]}}}}}}' | seed request schema
printf 'POST /v1/completions?a=b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer y\r\nContent-Length: 2\r\n\r\n{}HEAD /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n' | seed http length
printf 'PUT /stream HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n' | seed http chunked
server=
[ ! -x "$programs/fuzz_request" ] || server="request http"
targets="gguf safetensors config vocabulary text c_interface $server"
for target in $targets; do
    [ ! -d "$tests/fuzz/findings/$target" ] || cp "$tests/fuzz/findings/$target"/* "$work/$target/"
done

fuzz() {
    "$programs/fuzz_$1" -seed=1 -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$work/finding-$1-" "$work/$1" >"$work/$1.log" 2>&1 || touch "$work/$1.failed"
    echo "fuzz: $1: $(sed -n 's/stat::number_of_executed_units: *//p' "$work/$1.log") inputs"
}
for turn in "gguf safetensors config $server" "vocabulary text c_interface"; do
    for target in $turn; do fuzz "$target" & done
    wait
done
status=0
for target in $targets; do
    [ ! -e "$work/$target.failed" ] || { tail -n 40 "$work/$target.log"; status=1; }
done
exit $status
