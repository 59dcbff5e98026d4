"""Ternary linear algebra: matrices whose weights are -1, 0 or +1, as in the language models of the BitNet family.

Shapes are those of Y[M, N] = X[M, K] . W[N, K]^T: M tokens, N outputs, K inputs.

    w = ternion.pack(trits)          # int8 [N, K] of -1, 0, +1; float weights are rounded by absmean
    y = ternion.gemv(w, q)           # int8 [K] to int32 [N], exact; float32 [K] to float32 [N]
    y = ternion.gemm(w, q)           # the same for M tokens

    model = ternion.Model.from_pretrained("model.gguf")
    for piece in model.generate("The capital of France", max_new_tokens=16):
        print(piece, end="", flush=True)

Arrays in row-major order are read where they lie; strided ones are copied once. What goes wrong is TypeError (another
type), ValueError (another value or shape) or RuntimeError (a file, this machine), with one line that says what was
expected and what was found. `ternion.BitLinear` is a layer for torch, which is imported with it and not before.
"""

from typing import TYPE_CHECKING

from ternion._ternion import PackedTernary, ThreadPool, __version__, backward, gemm, gemv, isas, packings
from ternion.matrices import from_bytes, pack, quantize, repack
from ternion.model import Model

__all__ = [
    "BitLinear",
    "Model",
    "PackedTernary",
    "ThreadPool",
    "__version__",
    "backward",
    "from_bytes",
    "gemm",
    "gemv",
    "isas",
    "pack",
    "packings",
    "quantize",
    "repack",
]

if TYPE_CHECKING:
    from ternion.bit_linear import BitLinear
else:

    def __getattr__(name):
        # BitLinear needs torch, which takes seconds to import and which most users of the rest don't have.
        if name == "BitLinear":
            from ternion.bit_linear import BitLinear

            return BitLinear
        raise AttributeError(f"module 'ternion' has no attribute {name!r}")
