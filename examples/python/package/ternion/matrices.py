"""Packing and quantising: what is converted here is said in the docstrings, and nothing else is."""

from __future__ import annotations

from typing import Optional, Tuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ternion import _ternion
from ternion._ternion import PackedTernary, ThreadPool
from ternion.arguments import instance, integer, number, text


def pack(
    trits: ArrayLike, packing: str = "i2_s", scale: float = 1.0, *, isa: str = "", executor: Optional[ThreadPool] = None
) -> PackedTernary:
    """W[N, K] in a packing, one of packings().

    trits: [N, K], integers of any type, each -1, 0 or +1; `scale`, finite and not zero, multiplies them.
    Or floats [N, K] of any type, rounded to float32 first: these become trits and their scale by absmean, as BitNet
    b1.58 does (arXiv 2402.17764, section 2), and no scale is given.
    isa: the instruction set of all products with the matrix, one of isas(); the best by default. Results don't depend
    on it, nor on the packing. ValueError for other values and shapes, TypeError for other types.
    """
    values = np.asarray(trits)
    if values.dtype.kind == "f":
        if scale != 1.0:
            raise ValueError(f"pack: scale: float weights get theirs by absmean, found {scale}; give int8 trits with it")
        with np.errstate(over="ignore"):  # an infinity is refused, with words
            values = values.astype(np.float32, copy=False)
    elif values.dtype.kind in "iu" and values.dtype != np.int8:
        wrong = values[(values != 0) & (values != 1) & (values != -1)]
        if wrong.size:
            raise ValueError(f"pack: trits: expected -1, 0 or +1, found {wrong[0]}")
        values = values.astype(np.int8)
    _check(executor, "pack")
    scale = number(scale, "pack: scale")
    return _ternion.pack(values, text(packing, "pack: packing"), scale, text(isa, "pack: isa"), executor)


def repack(w: PackedTernary, packing: str, *, isa: str = "", executor: Optional[ThreadPool] = None) -> PackedTernary:
    """The same trits and scale in another packing; the matrix is at no time unpacked as a whole.

    isa: as for pack; by default that of w. ValueError for a name that is no packing, and for a scale that the packing
    can't hold.
    """
    instance(w, PackedTernary, "repack: w")
    _check(executor, "repack")
    return _ternion.repack(w, text(packing, "repack: packing"), text(isa, "repack: isa"), executor)


def from_bytes(
    data: object, packing: str, shape: Tuple[int, int], scale: float = 1.0, *, isa: str = ""
) -> PackedTernary:
    """The matrix of this shape (N, K) whose packed bytes these are, as a file of the packing's format has them.

    data: bytes, or a uint8 array, such as a numpy.memmap. Where nobody can write to it, it is read in place and kept;
    a writable one is copied. Every code is checked once: ValueError for one that is no trit, and for too few bytes.
    Scales among the bytes, as tq1_0, tq2_0 and q2_0 have them, play no part: `scale` does.
    """
    sizes = tuple(shape) if hasattr(shape, "__iter__") else ()
    if len(sizes) != 2:
        raise ValueError(f"from_bytes: shape: expected (N, K), found {shape}")
    n, k = (integer(size, "from_bytes: shape", 0, 2**63 - 1) for size in sizes)
    packing, isa = text(packing, "from_bytes: packing"), text(isa, "from_bytes: isa")
    return _ternion.from_bytes(data, packing, n, k, number(scale, "from_bytes: scale"), isa)


def quantize(
    x: NDArray[np.float32], quantizer: str = "absmax8", *, isa: str = "", executor: Optional[ThreadPool] = None
) -> Tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(q, scale) of activations x, float32 [M, K] or [K]: x is about scale * q.

    q is int8 of the shape of x; scale is float32 [M], one for each token, or of no dimension for [K]. The quantizers
    are absmax8 (b1.58's, which gemv and gemm use), absmax8_128, absmax4 and absmean4. A token that holds NaN or an
    infinity has the scale NaN. TypeError for other types than float32, ValueError for other shapes and names.
    """
    _check(executor, "quantize")
    return _ternion.quantize(x, text(quantizer, "quantize: quantizer"), text(isa, "quantize: isa"), executor)


def _check(executor: Optional[ThreadPool], function: str) -> None:
    if executor is not None:
        instance(executor, ThreadPool, f"{function}: executor")
