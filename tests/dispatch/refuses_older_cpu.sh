#!/bin/sh
# refuses_older_cpu.sh PROGRAM: compiled for this machine, the program says so in one line on a CPU that has SSE3 alone,
# whatever it is asked to do. Without the check it ends of SIGILL.
set -eu
program=$1
command -v qemu-x86_64 >/dev/null || {
    echo "skipped: qemu-x86_64 is not installed (on Debian: qemu-user)"
    exit 77
}
for argument in --version --no-such-option isa; do
    status=0
    output=$(qemu-x86_64 -cpu qemu64 "$program" $argument 2>&1) || status=$?
    output=$(echo "$output" | grep -v "TCG doesn't support" || true)
    case $status:$output in
    2:"$(basename "$program"): this program was compiled for a CPU with "*) ;;
    *) echo "$argument: expected status 2 and the reason, found $status: $output"; exit 1 ;;
    esac
    [ "$(echo "$output" | wc -l)" = 1 ] || { echo "expected one line: $output"; exit 1; }
done
"$program" --version
