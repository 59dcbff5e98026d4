#!/bin/sh
# older_machines.sh PROGRAM MODEL: on emulated CPUs the program takes the best instruction set that each has, computes, and refuses what
# it lacks: an instruction too many would end it with SIGILL.
set -eu
here=$(dirname "$0")
program=$1
model=$2
command -v qemu-x86_64 >/dev/null || {
    echo "skipped: qemu-x86_64 is not installed (on Debian: qemu-user)"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# expect CPU ISA ABSENT: the best one there, and one that is absent. qemu's own warnings are left out.
expect() {
    cat >"$work/program" <<END
#!/bin/sh
qemu-x86_64 -cpu $1 "$program" "\$@" 2>"$work/errors"
status=\$?
grep -v "TCG doesn't support" "$work/errors" >&2
exit \$status
END
    chmod +x "$work/program"
    sh "$here/each_isa.sh" "$work/program" "$model" >"$work/out" || { echo "$1: $(cat "$work/out")"; exit 1; }
    echo "$1: $(cat "$work/out")"
    grep -q "best: $2\$" "$work/out" || { echo "expected $2 on $1"; exit 1; }
    "$work/program" isa | grep -q "^$3 *not on this machine" || { echo "expected no $3 on $1"; exit 1; }
}

expect qemu64 baseline sse4
expect Nehalem sse4 avx2
expect Haswell avx2 avx512bw
