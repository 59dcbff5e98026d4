#!/bin/sh
# weak_symbols.sh OBJECT FUNCTION: fails if OBJECT defines a weak function outside the inline namespaces for its instruction
# set, or lacks FUNCTION (a regular expression; then this looked at the wrong file). Weak data (V and u) are constants, the
# same in every unit. What has the instruction set in its name is this unit's alone.
set -eu
# Names as nm shows them; constrained templates of newer compilers stay mangled.
ours='(ternion|bitnet)::(x86|arm|wasm|riscv)_[a-z0-9_]+::| _ZNK?(7ternion|6bitnet)[0-9]+(x86|arm|wasm|riscv)_|[(<]ternion::isas::'
nm --demangle --defined-only "$1" | grep -q " [TW] $2" || { echo "no $2 in $1"; exit 1; }
weak=$(nm --demangle --defined-only "$1" | grep -E ' W ' |
    grep -vE "$ours" || true)
[ -z "$weak" ] || { echo "weak symbols outside the inline namespace:"; echo "$weak"; exit 1; }
echo "no foreign weak symbols in $2's unit"
