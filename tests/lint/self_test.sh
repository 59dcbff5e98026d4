#!/bin/sh
# Proves that the lint can fail: breaks each rule once in a small tree and expects the complaint.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0
cases=0

good_tree() {
    rm -rf "$tree/project"
    for header in core/a core/config simd/a simd/isa/a packing/a quant/a tensor/a tensor/eigen ops/a nn/a; do
        mkdir -p "$(dirname "$tree/project/include/ternion/$header")"
        echo '#pragma once' >"$tree/project/include/ternion/$header.hpp"
    done
    echo '#include "../ops/a.hpp"' >>"$tree/project/include/ternion/nn/a.hpp"
    echo '#include "../../core/a.hpp"' >>"$tree/project/include/ternion/simd/isa/a.hpp"
    echo '#include <immintrin.h>' >>"$tree/project/include/ternion/simd/isa/a.hpp"
    echo '#include <Eigen/Core>' >>"$tree/project/include/ternion/tensor/eigen.hpp"
    echo '#define TERNION_A' >>"$tree/project/include/ternion/core/config.hpp"
    mkdir "$tree/project/examples"
    echo '#include <ternion/ternion.hpp>' >"$tree/project/examples/a.cpp"
}

# expect RULE FILE LINE: a tree with LINE added to FILE gets a complaint of RULE about FILE, and nothing else.
expect() {
    good_tree
    mkdir -p "$(dirname "$tree/project/$2")"
    echo "$3" >>"$tree/project/$2"
    cases=$((cases + 1))
    if output=$(sh "$here/lint.sh" "$tree/project" 11 10) || [ "$(echo "$output" | grep -c "^$2:[0-9]*: $1: ")" != 1 ] ||
        [ "$(echo "$output" | wc -l)" != 2 ]; then
        echo "self-test: expected one complaint '$1' about: $3 (in $2), got: $output"
        failures=$((failures + 1))
    fi
}

library=include/ternion
good_tree
sh "$here/lint.sh" "$tree/project" 11 10 || { echo "self-test: the good tree failed"; exit 1; }
! sh "$here/lint.sh" "$tree/project" 12 10 >"$tree/out" || { echo "self-test: too few files passed"; exit 1; }
! sh "$here/lint.sh" "$tree/project" 11 11 >"$tree/out" || { echo "self-test: too few headers passed"; exit 1; }

expect layer $library/core/a.hpp '#include "../simd/a.hpp"'
expect layer $library/ops/a.hpp '#  include "../nn/a.hpp"'
expect layer $library/packing/a.hpp '#include "../quant/a.hpp"'
expect layer $library/quant/a.hpp '#include "../packing/a.hpp"'
expect layer $library/simd/isa/a.hpp '#include "../../tensor/a.hpp"'
expect layer $library/misc/a.hpp '#pragma once'
expect include $library/ops/a.hpp '#include "tensor/a.hpp"'
expect include $library/ops/a.hpp '#include <ternion/tensor/a.hpp>'
expect include examples/a.cpp '#include "../include/ternion/ternion.hpp"'
expect layer examples/program/cli/a.cpp '#include <bitnet_2b4t/model/decoder.hpp>'
expect layer examples/program/cli/a.cpp '#include "../../train/run/trainer.hpp"'
expect layer examples/program/io/a.cpp '#include "../cli/output.hpp"'
expect layer examples/program/io/a.cpp '#include <program/cli/output.hpp>'
expect include examples/bitnet_2b4t/include/bitnet/a.hpp '#include <xsimd/xsimd.hpp>'
expect include examples/bitnet_2b4t/include/bitnet/a.hpp '#include "../../model/weights.hpp"'
expect include $library/a.h '#include <stdbool.h>'
expect include examples/a.c '#include "../include/ternion/ternion.h"'
expect eigen $library/ops/a.hpp '#include <Eigen/Dense>'
expect mpi $library/ops/a.hpp '#include <mpi.h>'
expect xsimd $library/ops/a.hpp '#include <xsimd/xsimd.hpp>'
expect intrinsics $library/simd/a.hpp '#include <immintrin.h>'
expect intrinsics $library/ops/a.hpp '#include <arm_neon.h>'
expect intrinsics $library/ops/a.hpp 'auto x = _mm256_setzero_si256();'
expect macro $library/ops/a.hpp '#define TERNION_B'
expect macro $library/ops/a.hpp '# define OTHER'
expect macro $library/ops/a.hpp 'int a = std::min(b, c);'
expect format $library/nn/a.hpp 'void read_gguf();'
expect format $library/nn/a.hpp 'class SafeTensors;'
expect once $library/ops/b.hpp '#include <vector>'
expect todo examples/a.cpp "// TO""DO: later"
expect host examples/fetch.sh "wget http://deb.de""bian.org/x"
expect host docs/a.md "see py""pi.org/project/x"
expect path examples/a.cpp 'auto p = "/ho''me/someone/model";'
expect name examples/string_utils.hpp '#pragma once'
expect length examples/long.cpp "$(seq 401)"

echo "self-test: $cases broken rules tried, $failures missed"
[ "$failures" = 0 ]
