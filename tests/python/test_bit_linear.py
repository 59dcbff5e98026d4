"""BitLinear: gradients that are the library's, in torch's graph."""

import sys
import unittest

import numpy as np
import ternion
from fixture import random_floats

try:
    import torch
except ImportError:
    torch = None


class WithoutTorch(unittest.TestCase):
    @unittest.skipIf(torch is not None, "torch is installed")
    def test_is_missed_when_it_is_used(self):
        with self.assertRaisesRegex(ImportError, "torch"):
            ternion.BitLinear(3, 4)


@unittest.skipIf(torch is None, "torch isn't installed (Debian: python3-torch)")
class BitLinear(unittest.TestCase):
    def layer(self, k=70, n=9, packing="interleaved2x16"):
        torch.manual_seed(1)
        return ternion.BitLinear(k, n, packing)

    def test_forward_is_gemm(self):
        for packing in ternion.packings():
            layer = self.layer(packing=packing)
            x = random_floats((5, 70))
            w = layer.packed()
            self.assertEqual(w.packing, packing)
            y = layer(torch.from_numpy(x))
            self.assertEqual((y.dtype, tuple(y.shape)), (torch.float32, (5, 9)))
            self.assertTrue((y.detach().numpy() == ternion.gemm(w, x)).all())
        x = random_floats((2, 3, 70))
        y = self.layer()(torch.from_numpy(x))
        self.assertEqual(tuple(y.shape), (2, 3, 9))
        self.assertTrue((y.detach().numpy().reshape(6, 9) == ternion.gemm(w, x.reshape(6, 70))).all())
        self.assertEqual(tuple(self.layer()(torch.from_numpy(x[0, 0])).shape), (9,))

    def test_gradients_are_the_library_s(self):
        layer, x, dy = self.layer(), random_floats((5, 70)), random_floats((5, 9), 1)
        inputs = torch.from_numpy(x).requires_grad_()
        (layer(inputs) * torch.from_numpy(dy)).sum().backward()
        dx, dw = ternion.backward(layer.packed(), x, dy)
        self.assertTrue((inputs.grad.numpy() == dx).all())
        self.assertTrue((layer.weight.grad.numpy() == dw).all())
        self.assertGreater(np.abs(dw).max(), 0)

    def test_gradients_are_torch_s_of_rounded_values(self):
        layer, x, dy = self.layer(), random_floats((5, 70)), random_floats((5, 9), 1)
        q, scale = ternion.quantize(x)
        plain = torch.nn.Linear(70, 9, bias=False)
        with torch.no_grad():
            plain.weight.copy_(torch.from_numpy(layer.packed().dequantize()))
        rounded = torch.from_numpy(q * scale[:, None]).requires_grad_()
        inputs = torch.from_numpy(x).requires_grad_()
        for module, tensor in ((layer, inputs), (plain, rounded)):
            (module(tensor) * torch.from_numpy(dy)).sum().backward()
        torch.testing.assert_close(inputs.grad, rounded.grad)
        torch.testing.assert_close(layer.weight.grad, plain.weight.grad)

    def test_tensors_of_every_order(self):
        layer, x = self.layer(), torch.from_numpy(random_floats((70, 5)))
        inputs = x.clone().requires_grad_()
        y = layer(inputs.t())
        y.sum().backward()  # whose gradient is a number that is expanded
        other = x.t().contiguous().requires_grad_()
        layer(other).sum().backward()
        self.assertTrue(torch.equal(inputs.grad, other.grad.t()))

    def test_it_learns(self):
        torch.manual_seed(2)
        target = torch.sign(torch.randn(8, 32))
        x = torch.randn(64, 32)
        layer = ternion.BitLinear(32, 8)
        optimizer = torch.optim.Adam(layer.parameters(), lr=0.01)
        losses = []
        for _ in range(200):
            loss = ((layer(x) - x @ target.t()) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        self.assertLess(losses[-1], losses[0] / 10)
        self.assertGreater((layer.packed().unpack() == target.numpy()).mean(), 0.95)

    def test_saved_and_loaded(self):
        layer, other = self.layer(), ternion.BitLinear(70, 9)
        other.load_state_dict(layer.state_dict())
        self.assertEqual(other.packed().tobytes(), layer.packed().tobytes())
        self.assertEqual(list(dict(layer.named_parameters())), ["weight"])
        self.assertIn("in_features=70", repr(layer))

    def test_bad_input(self):
        layer = self.layer()
        with self.assertRaisesRegex(TypeError, "x: expected a torch.Tensor, found list"):
            layer([1.0])
        with self.assertRaisesRegex(TypeError, "out_features: expected an int, found float"):
            ternion.BitLinear(3, 4.0)
        with self.assertRaisesRegex(ValueError, "in_features: expected 1 to 16777215, found 0"):
            ternion.BitLinear(0, 4)
        with self.assertRaisesRegex(TypeError, "x: expected float32 on the CPU, found float64 on cpu"):
            layer(torch.zeros(2, 70, dtype=torch.float64))
        with self.assertRaisesRegex(ValueError, r"expected the shape \(\.\.\., 70\), found \(2, 69\)"):
            layer(torch.zeros(2, 69))
        with self.assertRaisesRegex(ValueError, r"found \(\)"):
            layer(torch.tensor(1.0))
        with self.assertRaisesRegex(ValueError, "expected one of"):
            ternion.BitLinear(70, 9, "nothing")(torch.zeros(2, 70))
        with self.assertRaisesRegex(TypeError, "weight: expected float32 on the CPU, found float16"):
            self.layer().half()(torch.zeros(2, 70))


if __name__ == "__main__":
    if not unittest.main(exit=False).result.wasSuccessful():
        sys.exit(1)
    if torch is None:
        print("skipped: torch isn't installed (Debian: python3-torch)")
        sys.exit(77)
