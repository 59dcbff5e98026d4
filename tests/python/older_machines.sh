#!/bin/sh
# older_machines.sh PYTHON SOURCE: on emulated CPUs the installed package, with kernels for every one, takes the best that
# each has; an instruction too many would end Python with SIGILL.
set -eu
command -v qemu-x86_64 >/dev/null || {
    echo "skipped: qemu-x86_64 is not installed (on Debian: qemu-user)"
    exit 77
}
python=$1
source=$2
for machine in qemu64:baseline Nehalem:sse4 Haswell:avx2; do
    model=$source/examples/models/small.gguf
    qemu-x86_64 -cpu "${machine%:*}" "$python" - "${machine#*:}" "$model" <<'PYTHON' || exit 1
import sys

import numpy as np
import ternion

expected, path = sys.argv[1:]
assert ternion.isas()[0] == expected, f"expected {expected}, found {ternion.isas()}"
rng = np.random.default_rng(0)
trits, q = rng.integers(-1, 2, (65, 641), dtype=np.int8), rng.integers(-128, 128, (3, 641), dtype=np.int8)
for packing in ternion.packings():
    expected_sums = q.astype(np.int64) @ trits.astype(np.int64).T
    assert (ternion.gemm(ternion.pack(trits, packing), q) == expected_sums).all(), packing
w, x = ternion.pack(trits), q.astype(np.float32)
ternion.backward(w, x, ternion.gemm(w, x))
model = ternion.Model.from_pretrained(path, threads=2)
answer = model.generate(model.tokenize("User: What is 1 + 2?<|eot_id|>Assistant: ", special=True), 16, stream=False)
assert answer.endswith("so 3"), answer
print(expected, answer)
PYTHON
done
