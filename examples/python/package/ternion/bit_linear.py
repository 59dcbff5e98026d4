"""BitNet b1.58's linear layer for torch, on the CPU."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import torch

from ternion import _ternion
from ternion._ternion import PackedTernary
from ternion.arguments import integer, text
from ternion.matrices import pack


def _check(tensor: torch.Tensor, what: str) -> None:
    if not isinstance(tensor, torch.Tensor):
        raise TypeError(f"BitLinear: {what}: expected a torch.Tensor, found {type(tensor).__name__}")
    if tensor.dtype == torch.float32 and tensor.device.type == "cpu":
        return
    found = f"{tensor.dtype} on {tensor.device}".replace("torch.", "")
    raise TypeError(f"BitLinear: {what}: expected float32 on the CPU, found {found}")


class _Product(torch.autograd.Function):
    """y = W . x with both rounded, and the library's gradients of what they were before."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, packing: str
    ) -> torch.Tensor:
        w = pack(weight.detach().numpy(), packing)
        tokens = x.detach().reshape(-1, x.shape[-1])
        ctx.w, ctx.shape = w, x.shape
        ctx.save_for_backward(tokens)
        return torch.from_numpy(_ternion.gemm(w, tokens.numpy())).reshape(*x.shape[:-1], w.shape[0])

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[misc]
    def backward(ctx: Any, dy: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor, None]:
        (tokens,) = ctx.saved_tensors
        dx, dw = _ternion.backward(ctx.w, tokens.numpy(), dy.reshape(-1, ctx.w.shape[0]).numpy())
        return torch.from_numpy(dx).reshape(ctx.shape), torch.from_numpy(dw), None


class BitLinear(torch.nn.Module):
    """y[..., N] = W[N, K] . x[..., K]: a layer of float32 weights that computes with trits.

    Each call rounds the weights to trits and a scale by absmean, and each token of x to 8 bits by absmax, as BitNet
    b1.58 does (arXiv 2402.17764). Backward takes the derivative of rounding to be one (the straight-through
    estimator), so that `weight`, float32 [N, K], trains as that of torch.nn.Linear does. There is no bias and no norm.
    Computes on the CPU: TypeError for other devices and for other types than float32.
    """

    def __init__(self, in_features: int, out_features: int, packing: str = "interleaved2x16") -> None:
        super().__init__()
        self.in_features = integer(in_features, "BitLinear: in_features", 1, 2**24 - 1)
        self.out_features = integer(out_features, "BitLinear: out_features", 1, 2**48)
        self.packing = text(packing, "BitLinear: packing")
        self.weight = torch.nn.Parameter(torch.empty(out_features, in_features))
        torch.nn.init.kaiming_uniform_(self.weight, a=5**0.5)  # torch.nn.Linear's

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _check(x, "x")
        _check(self.weight, "weight")
        if x.dim() == 0 or x.shape[-1] != self.in_features:
            raise ValueError(f"BitLinear: x: expected the shape (..., {self.in_features}), found {tuple(x.shape)}")
        y: torch.Tensor = _Product.apply(x, self.weight, self.packing)
        return y

    def packed(self, packing: Optional[str] = None) -> PackedTernary:
        """The weights as they are now, for ternion.gemv and gemm."""
        _check(self.weight, "weight")
        return pack(self.weight.detach().numpy(), self.packing if packing is None else packing)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, packing={self.packing!r}"
