#!/bin/sh
# Whatever happens to a rank, all end soon, say why, and leave no process: faults.sh MPIRUN PROGRAM ROOT
. "$(dirname "$0")/launch.sh"

# start SIZE: a chat that waits for its user; sets `launcher`, and `processes` of its ranks in their order. What goes to
# descriptor 4 is said to it.
start() {
    mkfifo "$folder/input"
    "$mpirun" -n "$1" "$program" chat -m "$small" -t 1 <"$folder/input" >"$folder/out" 2>"$folder/err" &
    launcher=$!
    exec 4>"$folder/input"
    rm "$folder/input"
    processes=
    for rank in $(seq 0 $(($1 - 1))); do
        for turn in $(seq 600); do
            process=$(process_of $launcher "$rank")
            [ -z "$process" ] || break
            sleep 0.1
        done
        processes="$processes $process"
    done
    sleep 1
}

# Whether a process runs: one that has ended may wait for somebody to look at its status.
runs() {
    state=$(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null) || return 1
    [ "$state" != Z ]
}

# ended_within SECONDS: the launcher's status is not 0, and no process of a rank is left.
ended_within() {
    for turn in $(seq $(($1 * 10))); do
        kill -0 $launcher 2>/dev/null || break
        sleep 0.1
    done
    kill -0 $launcher 2>/dev/null && fail "still running after $1 s"
    if wait $launcher; then fail "ended with status 0"; fi
    exec 4>&-
    for process in $processes; do
        for turn in $(seq 300); do
            runs "$process" || continue 2
            sleep 0.1
        done
        fail "process $process is left"
    done
}

# said TEXT: one line of standard error holds it.
said() { grep -q "$1" "$folder/err" || fail "expected to read: $1"; }

start 3
kill -9 "$(process_of $launcher 1)"
ended_within 40
said 'rank 1 '

BITNET_RANK_TIMEOUT=2 start 3
kill -STOP "$(process_of $launcher 2)"
echo hello >&4
ended_within 40
said 'rank [01] of 3: the other ranks: expected an answer within 2 s, found none'

start 2
kill -INT $launcher
ended_within 40

# A file that is another one on rank 1, as it may be on another machine.
cp "$tiny" "$folder/model"
cat >"$folder/rank" <<END
#!/bin/sh
[ "\$OMPI_COMM_WORLD_RANK" = 0 ] || cd "$folder/other"
exec "$program" "\$@"
END
chmod +x "$folder/rank"
mkdir "$folder/other"
cp "$tiny" "$folder/other/model"
refused() { # refused TEXT
    if (cd "$folder" && timeout 30 "$mpirun" -n 2 ./rank logits -m model --tokens 1,2 --output "$folder/logits" 2>"$folder/err"); then
        fail "expected to be refused: $1"
    fi
    said "$1"
}
printf 'x' | dd of="$folder/other/model" bs=1 seek=$(($(wc -c <"$tiny") - 9)) conv=notrunc 2>/dev/null
refused 'bitnet-2b4t: rank 1: expected the model of rank 0, 1 file, [0-9]* bytes with hash [0-9]*, found 1 file, '
rm "$folder/other/model"
refused 'bitnet-2b4t: rank 1: model: '

# What is wrong for all ranks is said once.
if BITNET_RANK_TIMEOUT=soon timeout 30 "$mpirun" -n 3 "$program" logits -m "$tiny" --tokens 1 --output "$folder/logits" 2>"$folder/err"; then
    fail "expected to be refused: a time that is none"
fi
said 'bitnet-2b4t: BITNET_RANK_TIMEOUT: expected seconds above 0, found "soon"'
[ "$(grep -c BITNET_RANK_TIMEOUT "$folder/err")" = 1 ] || fail "expected one line, found more: $(cat "$folder/err")"
