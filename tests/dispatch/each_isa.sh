#!/bin/sh
# each_isa.sh PROGRAM MODEL: the program lists its instruction sets, computes with each that this machine can run, and refuses every
# other, and unknown ones, in one line.
set -eu
program=$1
model=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "$*"
    exit 1
}

# refused WORDS NAME: status 2, one line on standard error with these words, nothing computed.
refused() {
    status=0
    "$program" logits -m "$model" --tokens 1,2,3 --output "$work/refused" --isa "$2" 2>"$work/error" || status=$?
    [ "$status" = 2 ] || fail "--isa $2 gave status $status, expected 2"
    [ "$(wc -l <"$work/error")" = 1 ] || fail "--isa $2: expected one line: $(cat "$work/error")"
    grep -q -e "$1" "$work/error" || fail "--isa $2: expected '$1': $(cat "$work/error")"
    [ ! -e "$work/refused" ] || fail "--isa $2 wrote a file"
}

# NAME AVAILABLE SELECTED for each.
"$program" isa --json | tr -d ' ",\n' | sed 's/}/\n/g' |
    sed -n 's/.*{name:\(.*\)available:\(.*\)selected:\(.*\)$/\1 \2 \3/p' >"$work/isas"
[ -s "$work/isas" ] || fail "none listed: $("$program" isa --json)"
best=$(awk '$2 == "true" { print $1; exit }' "$work/isas")
[ "$(awk '$3 == "true" { print $1 }' "$work/isas")" = "$best" ] || fail "expected $best alone to be selected: $(cat "$work/isas")"
"$program" isa | grep -q "^$best *selected$" || fail "the table names another one: $("$program" isa)"

run=0
absent=0
while read -r name available _; do
    if [ "$available" = true ]; then
        "$program" logits -m "$model" --tokens 1,2,3 --output "$work/$name" --isa "$name"
        [ "$(wc -c <"$work/$name")" = "$(wc -c <"$work/$best")" ] || fail "$name: fewer logits than from $best"
        run=$((run + 1))
    else
        refused "can't run the instruction set $name" "$name"
        absent=$((absent + 1))
    fi
done <"$work/isas"
refused "unknown instruction set: expected .*$best.*, found no-such" no-such
echo "$run instruction sets computed, $absent refused, of $(wc -l <"$work/isas"); best: $best"
