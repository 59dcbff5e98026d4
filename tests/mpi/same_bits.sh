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
printf 'one text\nanother\n' >"$folder/texts"
"$program" embed -m "$small" --pooling last -t 1 <"$folder/texts" >"$folder/vectors"
on 3 embed -m "$small" --pooling last -t 1 <"$folder/texts" >"$folder/vectors3"
cmp "$folder/vectors" "$folder/vectors3" || fail "vectors of texts on 3 ranks differ"
echo '{"context": "Two and two are", "choices": ["four", "five"], "answer": 0}' >"$folder/questions"
"$program" score -m "$small" -f "$folder/questions" -t 1 >"$folder/score"
on 2 score -m "$small" -f "$folder/questions" -t 1 >"$folder/score2"
cmp "$folder/score" "$folder/score2" || fail "a score on 2 ranks differs"
# A conversation that is saved on 3 ranks has the bytes of one process's, and goes on on 2 and on 1.
printf '%s\n/save %s\n' "$text" "$folder/saved" | "$program" chat -m "$small" -n 8 -t 1 --commands >"$folder/chat" 2>"$folder/err"
printf '%s\n/save %s\n' "$text" "$folder/saved3" | on 3 chat -m "$small" -n 8 -t 1 --commands >"$folder/chat3" 2>"$folder/err" ||
    fail "chat on 3 ranks failed"
[ -s "$folder/chat3" ] || fail "chat on 3 ranks says nothing"
cmp "$folder/chat" "$folder/chat3" || fail "a chat on 3 ranks differs"
cmp "$folder/saved" "$folder/saved3" || fail "a conversation that is saved on 3 ranks differs"
printf '/load %s\n%s\n' "$folder/saved" "$text" >"$folder/lines"
"$program" chat -m "$small" -n 8 -t 1 --commands <"$folder/lines" >"$folder/chat" 2>"$folder/err"
on 2 chat -m "$small" -n 8 -t 1 --commands <"$folder/lines" >"$folder/chat2" 2>"$folder/err" || fail "chat on 2 ranks failed"
cmp "$folder/chat" "$folder/chat2" || fail "a chat that goes on on 2 ranks differs"
# The server: texts of two requests, one of which begins as the other did, are those of one process.
# answers MPIRUN...: what a server that is started so says to both, as the fields that don't depend on time.
answers() {
    : >"$folder/err" # or the port of the server before is read, until the next has opened its own
    "$@" "$program" serve -m "$small" -t 1 --port 0 >"$folder/out" 2>"$folder/err" &
    server=$!
    for _ in $(seq 600); do
        port=$(sed -n 's|.*listening on http://127.0.0.1:\([0-9]*\).*|\1|p' "$folder/err")
        [ -z "$port" ] || break
        sleep 0.1
    done
    [ -n "$port" ] || fail "a server by '$*' doesn't listen"
    for question in 'What is 123 + 45?' 'What is 123 + 46?'; do
        body="{\"messages\": [{\"role\": \"user\", \"content\": \"$question\"}], \"temperature\": 0, \"max_tokens\": 40}"
        bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0"
            printf "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${#1}\r\n\r\n%s" "$1" >&3
            cat <&3' "$port" "$body" | grep -o '"content":"[^"]*"\|"cached_tokens":[0-9]*'
    done
    kill -TERM "$server"
    # The ranks have to end; Open MPI 4.1's mpirun was seen to sleep on behind ranks that have all ended, and is given 10 s more.
    for turn in $(seq 600); do
        ps -eo args | grep -q "^$program serve " || break
        [ "$turn" != 600 ] || fail "a server by '$*' doesn't end"
        sleep 0.1
    done
    for _ in $(seq 100); do
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$server" 2>/dev/null || true
    wait "$server" || true
}
answers env >"$folder/said"
[ "$(grep -c . "$folder/said")" = 4 ] || fail "expected two answers, found: $(cat "$folder/said")"
answers "$mpirun" -n 3 >"$folder/said3"
cmp "$folder/said" "$folder/said3" || fail "a server's answers on 3 ranks differ: $(cat "$folder/said3")"
# What the ranks exchange is counted.
on 2 bench -m "$tiny" -p 0 -n 8 -r 1 -t 1 --json >"$folder/bench"
grep -q '"ranks": 2' "$folder/bench" || fail "bench doesn't say how many ranks there are"
