#!/bin/sh
# Any number of processes gives the bytes of one: same_bits.sh MPIRUN PROGRAM ROOT
. "$(dirname "$0")/launch.sh"

tokens=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20
text='Hello'
"$program" logits -m "$tiny" --tokens $tokens -t 1 --output "$folder/logits"
"$program" complete -m "$small" -p "$text" -n 24 -t 1 --temp 0 >"$folder/text"
"$program" complete -m "$small" -p "$text" -n 24 -t 1 --temp 0.9 --seed 3 >"$folder/drawn"
echo 'What is 12 plus 30? The balanced ternary of 5 is another matter.' >"$folder/long"
"$program" perplexity -m "$small" -f "$folder/long" -t 1 >"$folder/perplexity"
for size in 1 2 3 5; do
    on $size logits -m "$tiny" --tokens $tokens -t 1 --output "$folder/logits$size"
    cmp "$folder/logits" "$folder/logits$size" || fail "logits on $size ranks differ"
    on $size complete -m "$small" -p "$text" -n 24 -t 1 --temp 0 >"$folder/text$size"
    cmp "$folder/text" "$folder/text$size" || fail "a text on $size ranks differs"
done
on 3 complete -m "$small" -p "$text" -n 24 -t 1 --temp 0.9 --seed 3 >"$folder/drawn3"
cmp "$folder/drawn" "$folder/drawn3" || fail "a text that is drawn on 3 ranks differs"
on 2 perplexity -m "$small" -f "$folder/long" -t 1 >"$folder/perplexity2"
cmp "$folder/perplexity" "$folder/perplexity2" || fail "the perplexity on 2 ranks differs"
echo "$text" | on 2 chat -m "$small" -n 8 -t 1 >"$folder/chat" 2>"$folder/err" || fail "chat on 2 ranks failed"
[ -s "$folder/chat" ] || fail "chat on 2 ranks says nothing"
# What the ranks exchange is counted.
on 2 bench -m "$tiny" -p 0 -n 8 -r 1 -t 1 --json >"$folder/bench"
grep -q '"ranks": 2' "$folder/bench" || fail "bench doesn't say how many ranks there are"
