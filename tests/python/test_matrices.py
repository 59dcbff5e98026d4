"""Packing and products: equal to exact integers, in every packing and on every instruction set."""

import copy
import pickle
import tempfile
import unittest

import numpy as np
import ternion
from fixture import RAGGED, oracle, random_floats, random_integers, random_trits


class Products(unittest.TestCase):
    def test_every_packing_and_ragged_size(self):
        self.assertGreaterEqual(len(ternion.packings()), 11)
        self.assertIn("i2_s", ternion.packings())
        for packing in ternion.packings():
            for n, k in RAGGED:
                trits = random_trits(n, k)
                w = ternion.pack(trits, packing)
                q = random_integers((3, k))
                with self.subTest(packing=packing, n=n, k=k):
                    self.assertEqual((w.packing, w.shape), (packing, (n, k)))
                    self.assertEqual(w.unpack().dtype, np.int8)
                    self.assertTrue((w.unpack() == trits).all())
                    many = ternion.gemm(w, q)
                    self.assertEqual((many.dtype, many.shape), (np.int32, (3, n)))
                    self.assertTrue((many == oracle(trits, q)).all())
                    one = ternion.gemv(w, q[1])
                    self.assertEqual((one.dtype, one.shape), (np.int32, (n,)))
                    self.assertTrue((one == many[1]).all())

    def test_every_instruction_set(self):
        trits, q, x = random_trits(33, 300), random_integers((5, 300)), random_floats((5, 300))
        self.assertGreaterEqual(len(ternion.isas()), 1)
        for packing in ternion.packings():
            expected = ternion.gemm(ternion.pack(trits, packing, 0.5), x)
            for isa in ternion.isas():
                with self.subTest(packing=packing, isa=isa):
                    w = ternion.pack(trits, packing, 0.5, isa=isa)
                    self.assertEqual(w.isa, isa)
                    self.assertTrue((ternion.gemm(w, q) == oracle(trits, q)).all())
                    self.assertTrue((ternion.gemm(w, x) == expected).all())
                    self.assertTrue((ternion.quantize(x, isa=isa)[0] == ternion.quantize(x)[0]).all())

    def test_worst_sums(self):
        k = 70000  # 128 * k doesn't fit into 16 bits, nor into float32's 24
        for sign in (-1, 1):
            trits = np.full((2, k), sign, np.int8)
            w = ternion.pack(trits, "interleaved2x16")
            for value in (-128, 127):
                self.assertEqual(ternion.gemv(w, np.full(k, value, np.int8)).tolist(), [sign * value * k] * 2)

    def test_floats_are_quantised_exactly_so(self):
        trits, x = random_trits(40, 333), random_floats((4, 333))
        w = ternion.pack(trits, "tq1_0", 0.25)
        q, scale = ternion.quantize(x)
        self.assertEqual((q.dtype, q.shape, scale.dtype, scale.shape), (np.int8, x.shape, np.float32, (4,)))
        expected = oracle(trits, q).astype(np.float32) * (np.float32(w.scale) * scale)[:, None]
        self.assertTrue((ternion.gemm(w, x) == expected).all())
        self.assertTrue((ternion.gemv(w, x[2]) == expected[2]).all())
        self.assertLessEqual(np.abs(q * scale[:, None] - x).max(), scale.max() * 0.5001)
        self.assertTrue((np.abs(q.astype(int)).max(axis=1) == 127).all())
        one, its_scale = ternion.quantize(x[1])
        self.assertEqual((one.shape, its_scale.shape), ((333,), ()))
        self.assertTrue((one == q[1]).all() and its_scale == scale[1])

    def test_tokens_that_are_not_finite(self):
        w = ternion.pack(random_trits(8, 64))
        x = random_floats((3, 64))
        good = ternion.gemm(w, x)
        x[1, 5] = np.inf
        y = ternion.gemm(w, x)
        self.assertTrue(np.isnan(y[1]).all())
        self.assertTrue((y[[0, 2]] == good[[0, 2]]).all())
        self.assertTrue(np.isnan(ternion.quantize(x)[1][1]))

    def test_no_tokens(self):
        w = ternion.pack(random_trits(8, 64))
        self.assertEqual(ternion.gemm(w, np.empty((0, 64), np.int8)).shape, (0, 8))
        self.assertEqual(ternion.gemm(w, np.empty((0, 64), np.float32)).shape, (0, 8))

    def test_arrays_of_every_order(self):
        trits, q, x = random_trits(20, 150), random_integers((6, 150)), random_floats((6, 150))
        w = ternion.pack(trits)
        sums, floats = oracle(trits, q), ternion.gemm(w, x)
        wide = np.zeros((6, 300), np.int8)
        wide[:, ::2] = q
        unaligned = np.frombuffer(b"\0" + x.tobytes(), np.float32, x.size, 1).reshape(x.shape)
        self.assertFalse(unaligned.flags.aligned)
        read_only = q.copy()
        read_only.setflags(write=False)
        self.assertTrue((ternion.gemm(w, wide[:, ::2]) == sums).all())
        self.assertTrue((ternion.gemm(w, np.asfortranarray(q)) == sums).all())
        self.assertTrue((ternion.gemm(w, q[::-1]) == sums[::-1]).all())
        self.assertTrue((ternion.gemm(w, np.asfortranarray(x)) == floats).all())
        self.assertTrue((ternion.gemm(w, unaligned) == floats).all())
        self.assertTrue((ternion.gemm(w, read_only) == sums).all())
        self.assertTrue((ternion.gemv(w, np.asfortranarray(q)[3]) == sums[3]).all())
        self.assertTrue((ternion.pack(np.asfortranarray(trits)).unpack() == trits).all())
        self.assertTrue((ternion.pack(trits[:, ::-1]).unpack() == trits[:, ::-1]).all())


class Packing(unittest.TestCase):
    def test_integers_of_every_type(self):
        trits = random_trits(5, 70)
        for dtype in (np.int16, np.int32, np.int64):
            self.assertTrue((ternion.pack(trits.astype(dtype)).unpack() == trits).all())
        self.assertTrue((ternion.pack(np.abs(trits).astype(np.uint64)).unpack() == np.abs(trits)).all())
        self.assertEqual(ternion.pack([[1, 0, -1]]).unpack().tolist(), [[1, 0, -1]])

    def test_floats_by_absmean(self):
        weights = random_floats((9, 100))
        w = ternion.pack(weights, "trits5x16")
        gamma = np.float32(np.abs(weights.astype(np.float64)).mean())
        self.assertEqual(np.float32(w.scale), gamma)
        expected = np.clip(np.rint(weights / gamma), -1, 1)
        self.assertTrue((w.unpack() == expected).all())
        self.assertTrue((w.dequantize() == expected.astype(np.float32) * gamma).all())
        self.assertTrue((ternion.pack(weights.astype(np.float64)).unpack() == expected).all())

    def test_repack(self):
        trits = random_trits(37, 291)
        for source in ternion.packings():
            w = ternion.pack(trits, source, 0.5)
            for target in ternion.packings():
                other = ternion.repack(w, target)
                with self.subTest(source=source, target=target):
                    self.assertEqual((other.packing, other.scale, other.shape), (target, 0.5, w.shape))
                    self.assertTrue((other.unpack() == trits).all())
                    self.assertEqual(other.tobytes(), ternion.pack(trits, target, 0.5).tobytes())

    def test_i2_s_bytes(self):
        # Four weights a byte, 32 weights apart; codes are trit + 1.
        trits = np.zeros((1, 128), np.int8)
        trits[0, 0], trits[0, 32], trits[0, 64], trits[0, 96] = 1, -1, 0, 1
        self.assertEqual(ternion.pack(trits).tobytes()[0], 0b10_00_01_10)

    def test_bytes_there_and_back(self):
        trits = random_trits(12, 200)
        for packing in ternion.packings():
            w = ternion.pack(trits, packing, 2.0)
            data = w.tobytes()
            self.assertEqual(w.nbytes, len(data))
            with tempfile.TemporaryFile() as file:
                file.write(data)
                file.flush()
                mapped = np.memmap(file, np.uint8, "r")
                for same in (data, bytearray(data), mapped, np.frombuffer(data, np.uint8)):
                    other = ternion.from_bytes(same, packing, (12, 200), 2.0)
                    self.assertTrue((other.unpack() == trits).all())
                    self.assertEqual(other.scale, 2.0)
                del mapped, same, other

    def test_bytes_that_somebody_may_change_are_copied(self):
        w = ternion.pack(random_trits(4, 128))
        data = bytearray(w.tobytes())
        other = ternion.from_bytes(data, "i2_s", (4, 128))
        data[:] = b"\xff" * len(data)
        self.assertTrue((other.unpack() == w.unpack()).all())

    def test_copies_and_pickles(self):
        w = ternion.pack(random_trits(4, 100), "triple_lookup", 3.0)
        for other in (pickle.loads(pickle.dumps(w)), copy.copy(w), copy.deepcopy(w)):
            self.assertEqual((other.packing, other.scale), ("triple_lookup", 3.0))
            self.assertTrue((other.unpack() == w.unpack()).all())
        self.assertEqual(repr(w), "<ternion.PackedTernary 4 x 100, triple_lookup, scale 3.0>")


class Backward(unittest.TestCase):
    def test_gradients_of_rounded_values(self):
        n, k, m = 21, 130, 5
        w = ternion.pack(random_floats((n, k)), "interleaved2x16")
        x, dy = random_floats((m, k), 1), random_floats((m, n), 2)
        dx, dw = ternion.backward(w, x, dy)
        self.assertEqual((dx.dtype, dx.shape, dw.dtype, dw.shape), (np.float32, (m, k), np.float32, (n, k)))
        q, scale = ternion.quantize(x)
        rounded = q.astype(np.float64) * scale[:, None]
        np.testing.assert_allclose(dx, dy.astype(np.float64) @ w.dequantize(), rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(dw, dy.astype(np.float64).T @ rounded, rtol=1e-5, atol=1e-5)

    def test_exact_where_the_numbers_are(self):
        # Small integers: every sum is exact in float32, whatever its order.
        trits = random_trits(6, 40)
        w = ternion.pack(trits)
        x = np.random.default_rng(3).integers(-127, 128, (4, 40)).astype(np.float32)
        x[:, 0] = 127  # so that the scale is 1
        dy = np.random.default_rng(4).integers(-9, 10, (4, 6)).astype(np.float32)
        dx, dw = ternion.backward(w, x, dy)
        self.assertTrue((dx == dy @ trits.astype(np.float32)).all())
        self.assertTrue((dw == dy.T @ x).all())


if __name__ == "__main__":
    unittest.main()
