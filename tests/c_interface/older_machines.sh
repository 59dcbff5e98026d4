#!/bin/sh
# older_machines.sh TESTS: on emulated CPUs libternion takes the best instruction set that each has; an instruction too many would end
# the program with SIGILL.
set -eu
command -v qemu-x86_64 >/dev/null || {
    echo "skipped: qemu-x86_64 is not installed (on Debian: qemu-user)"
    exit 77
}
expect() { # expect CPU ISA
    output=$(qemu-x86_64 -cpu "$1" "$tests" library scales threads 2>/dev/null) || { echo "$1: $output"; exit 1; }
    echo "$output" | grep -q "best: $2\$" || { echo "expected $2 on $1: $output"; exit 1; }
    echo "$1: $2"
}
tests=$1
expect qemu64 baseline
expect Nehalem sse4
expect Haswell avx2
