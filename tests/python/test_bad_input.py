"""What is wrong is an exception with one line that says what was expected and what was found."""

import unittest

import numpy as np
import ternion
from fixture import random_floats, random_integers, random_trits


class BadInput(unittest.TestCase):
    def setUp(self):
        self.trits = random_trits(4, 100)
        self.w = ternion.pack(self.trits)

    def refused(self, kind, words, call, *arguments, **named):
        with self.assertRaises(kind) as caught:
            call(*arguments, **named)
        message = str(caught.exception)
        self.assertIn(words, message)
        self.assertNotIn("\n", message)

    def test_pack(self):
        self.refused(ValueError, "expected one of int8, i2_s", ternion.pack, self.trits, "i2s")
        self.refused(ValueError, "expected the shape [N, K], found (100,)", ternion.pack, self.trits[0])
        self.refused(ValueError, "expected the shape [N, K], found (1, 4, 100)", ternion.pack, self.trits[None])
        self.refused(ValueError, "not 0 x 5", ternion.pack, np.empty((0, 5), np.int8))
        self.refused(ValueError, "not 5 x 0", ternion.pack, np.empty((5, 0), np.int8))
        self.refused(TypeError, "found complex128", ternion.pack, self.trits.astype(complex))
        self.refused(TypeError, "found bool", ternion.pack, self.trits.astype(bool))
        self.refused(TypeError, "found object", ternion.pack, np.array([[1, None]], object))
        for bad in (2, -2, 127, -128):
            trits = self.trits.copy()
            trits[3, 99] = bad
            self.refused(ValueError, str(bad), ternion.pack, trits)
            self.refused(ValueError, f"expected -1, 0 or +1, found {bad}", ternion.pack, trits.astype(np.int32))
        self.refused(ValueError, "found 256", ternion.pack, [[256]])  # 0 in eight bits
        for scale in (0.0, np.nan, np.inf, 1e300):
            self.refused(ValueError, "scale", ternion.pack, self.trits, scale=scale)
        self.refused(ValueError, "scale", ternion.pack, self.trits, "tq1_0", 1e6)  # float16 can't hold it
        self.refused(TypeError, "scale: expected a number, found 'much'", ternion.pack, self.trits, scale="much")
        self.refused(TypeError, "scale: expected a number, found [1]", ternion.pack, self.trits, scale=[1])
        self.refused(ValueError, "scale: expected a number, found 1000", ternion.pack, self.trits, scale=10**400)
        self.refused(ValueError, "theirs by absmean", ternion.pack, random_floats((4, 4)), scale=2.0)
        self.refused(ValueError, "not finite", ternion.pack, np.full((2, 2), np.nan, np.float32))
        self.refused(ValueError, "not finite", ternion.pack, np.full((2, 2), 1e300))
        self.refused(ValueError, "instruction set", ternion.pack, self.trits, isa="mmx")

    def test_products(self):
        q, x = random_integers(100), random_floats(100)
        for call, array in ((ternion.gemv, q), (ternion.gemm, q[None])):
            name = call.__name__
            for dtype in (np.int16, np.int64, np.float64, np.float16, np.uint8, bool, complex):
                self.refused(TypeError, f"{name}: q: expected an array of int8 or float32, found {np.dtype(dtype)}",
                             call, self.w, array.astype(dtype))
            other_order = array.astype(np.float32).astype(np.dtype(np.float32).newbyteorder())
            self.refused(TypeError, "found >f4", call, self.w, other_order)
            self.refused(TypeError, f"{name}: q: expected a numpy array, found list", call, self.w, [1, 2])
            self.refused(TypeError, f"{name}: q: expected a numpy array, found NoneType", call, self.w, None)
            self.refused(TypeError, f"{name}: w: expected a ternion.PackedTernary, found ndarray", call, self.trits, q)
            self.refused(TypeError, f"{name}: w: expected a ternion.PackedTernary, found NoneType", call, None, q)
        self.refused(ValueError, "gemv: q: expected the shape (100,), found (99,)", ternion.gemv, self.w, q[1:])
        self.refused(ValueError, "gemv: q: expected the shape (100,), found (1, 100)", ternion.gemv, self.w, q[None])
        self.refused(ValueError, "gemv: q: expected the shape (100,), found (0,)", ternion.gemv, self.w, q[:0])
        self.refused(ValueError, "found ()", ternion.gemv, self.w, np.int8(3))
        self.refused(ValueError, "gemm: q: expected the shape (M, 100), found (100,)", ternion.gemm, self.w, x)
        self.refused(ValueError, "gemm: q: expected the shape (M, 100), found (2, 50)", ternion.gemm, self.w,
                     x.reshape(2, 50))

    def test_quantize_and_backward(self):
        x = random_floats((2, 100))
        self.refused(TypeError, "expected an array of float32, found float64", ternion.quantize, x.astype(float))
        self.refused(ValueError, "expected the shape (K,) or (M, K)", ternion.quantize, x[None])
        self.refused(ValueError, "expected one of absmax8", ternion.quantize, x, "absmax7")
        dy = random_floats((2, 4))
        self.refused(ValueError, "backward: x: expected the shape (M, 100)", ternion.backward, self.w, x[:, 1:], dy)
        self.refused(ValueError, "backward: dy: expected the shape (2, 4)", ternion.backward, self.w, x, dy[:1])
        self.refused(TypeError, "backward: dy: expected an array of float32", ternion.backward, self.w, x,
                     dy.astype(float))

    def test_from_bytes(self):
        data = self.w.tobytes()
        self.refused(ValueError, "bytes, not 3", ternion.from_bytes, data[:3], "i2_s", (4, 100))
        self.refused(ValueError, "K is at most 16777215", ternion.from_bytes, data, "i2_s", (4, 2**24))
        self.refused(ValueError, "too large", ternion.from_bytes, data, "i2_s", (2**62, 2**20))
        self.refused(ValueError, "no trit", ternion.from_bytes, b"\xff" * len(data), "i2_s", (4, 100))
        self.refused(ValueError, "expected one of", ternion.from_bytes, data, "i3_s", (4, 100))
        self.refused(TypeError, "expected an array of uint8, found int8", ternion.from_bytes, self.trits, "i2_s", (4, 9))
        self.refused(TypeError, "expected a numpy array, found str", ternion.from_bytes, "text", "i2_s", (4, 100))
        self.refused(ValueError, "expected (N, K), found (4, 100, 1)", ternion.from_bytes, data, "i2_s", (4, 100, 1))
        self.refused(ValueError, "found -4", ternion.from_bytes, data, "i2_s", (-4, 100))
        self.refused(ValueError, "expected (N, K), found 4", ternion.from_bytes, data, "i2_s", 4)
        self.refused(TypeError, "shape: expected an int, found float", ternion.from_bytes, data, "i2_s", (4.0, 100))

    def test_repack(self):
        self.refused(ValueError, "expected one of", ternion.repack, self.w, "nothing")
        self.refused(TypeError, "packing: expected a str, found NoneType", ternion.repack, self.w, None)
        self.refused(TypeError, "w: expected a ternion.PackedTernary, found ndarray", ternion.repack, self.trits, "i2_s")
        self.refused(TypeError, "executor: expected a ternion.ThreadPool, found int", ternion.repack, self.w, "i2_s",
                     executor=2)
        large = ternion.pack(self.trits, scale=1e6)
        self.refused(ValueError, "scale", ternion.repack, large, "tq2_0")

    def test_names(self):
        self.refused(AttributeError, "no attribute 'Model2'", getattr, ternion, "Model2")
        for threads in (-1, 10**6, 2**40, -(2**70)):
            self.refused(ValueError, f"expected 0 to 1024 threads, found {threads}", ternion.ThreadPool, threads)
        for threads in (1.5, "2", None):
            found = type(threads).__name__
            self.refused(TypeError, f"ThreadPool: threads: expected an int, found {found}", ternion.ThreadPool, threads)

    def test_executors(self):
        x = random_floats((1, 100))
        calls = {
            "pack": lambda executor: ternion.pack(self.trits, executor=executor),
            "repack": lambda executor: ternion.repack(self.w, "i2_s", executor=executor),
            "quantize": lambda executor: ternion.quantize(x, executor=executor),
            "gemv": lambda executor: ternion.gemv(self.w, x[0], executor=executor),
            "gemm": lambda executor: ternion.gemm(self.w, x, executor=executor),
        }
        for name, call in calls.items():
            for executor in (2, "threads", self.w):
                found = type(executor).__name__
                self.refused(TypeError, f"{name}: executor: expected a ternion.ThreadPool, found {found}", call, executor)


if __name__ == "__main__":
    unittest.main()
