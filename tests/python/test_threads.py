"""Several of Python's threads on one matrix, executors, and processes that are forked."""

import os
import sys
import threading
import time
import unittest

import numpy as np
import ternion
from fixture import SMALL_MODEL, oracle, random_floats, random_integers, random_trits


def in_a_fork(call):
    """What a forked process has to say, as text."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = call()
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        said = file.read()
    os.waitpid(child, 0)
    return said


def others_ran(call):
    """Whether another thread did something while call() ran, which only happens where that lets go of the lock.

    A busy machine may not give the other thread a processor before the call is over: so the call is made again, for a minute.
    """
    rounds, ended = [0], threading.Event()

    def work():
        while not ended.is_set():
            rounds[0] += 1
            time.sleep(0)

    before = sys.getswitchinterval()
    other = threading.Thread(target=work)
    sys.setswitchinterval(100)  # from here on nobody takes the lock from a thread that keeps it
    other.start()
    try:
        begin, end = rounds[0], time.monotonic() + 60
        while rounds[0] == begin and time.monotonic() < end:
            call()
        return rounds[0] != begin
    finally:
        ended.set()
        sys.setswitchinterval(before)
        other.join()


class Threads(unittest.TestCase):
    def test_many_on_one_matrix(self):
        trits = random_trits(64, 640)
        w, pool = ternion.pack(trits, "interleaved2x16", 0.5), ternion.ThreadPool(2)
        wrong = []

        def work(seed):
            q, x = random_integers((4, 640), seed), random_floats((4, 640), seed)
            floats = ternion.gemm(w, x)
            for executor in (None, pool) * 20:
                if not (ternion.gemm(w, q, executor=executor) == oracle(trits, q)).all():
                    wrong.append((seed, executor))
                if not (ternion.gemm(w, x, executor=executor) == floats).all():
                    wrong.append((seed, executor, "floats"))

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_others_run_while_it_computes(self):
        trits, q, x = random_trits(1000, 2000), random_integers((100, 2000)), random_floats((100, 2000))
        w, dy = ternion.pack(trits), random_floats((100, 1000))
        model = ternion.Model.from_pretrained(SMALL_MODEL, threads=1)
        calls = {
            "pack": lambda: ternion.pack(trits, "tq1_0"),
            "repack": lambda: ternion.repack(w, "tq1_0"),
            "unpack": lambda: w.unpack(),
            "gemm": lambda: ternion.gemm(w, q),
            "gemm, floats": lambda: ternion.gemm(w, x),
            "quantize": lambda: ternion.quantize(x),
            "backward": lambda: ternion.backward(w, x, dy),
            "from_pretrained": lambda: ternion.Model.from_pretrained(SMALL_MODEL, threads=1),
            "logits": lambda: model.logits([1] * 300),
            "generate": lambda: model.generate([1] * 300, 1),
        }
        for name, call in calls.items():
            with self.subTest(name):
                self.assertTrue(others_ran(call))

    def test_executors_change_nothing(self):
        pool = ternion.ThreadPool(3)
        self.assertEqual(pool.threads, 3)
        self.assertGreaterEqual(ternion.ThreadPool().threads, 1)
        trits, x = random_trits(100, 300), random_floats((9, 300))
        w = ternion.pack(trits, "tq2_0", executor=pool)
        self.assertEqual(w.tobytes(), ternion.pack(trits, "tq2_0").tobytes())
        self.assertEqual(ternion.repack(w, "i2_s", executor=pool).tobytes(), ternion.repack(w, "i2_s").tobytes())
        self.assertTrue((ternion.quantize(x, executor=pool)[0] == ternion.quantize(x)[0]).all())
        self.assertTrue((ternion.gemv(w, x[0], executor=pool) == ternion.gemm(w, x)[0]).all())


class Forks(unittest.TestCase):
    def test_products_without_a_pool_work(self):
        trits, q = random_trits(10, 100), random_integers(100)
        w = ternion.pack(trits)
        self.assertEqual(in_a_fork(lambda: str(ternion.gemv(w, q).tolist())), str(oracle(trits, q).tolist()))

    def test_pools_are_refused(self):
        w, q, pool = ternion.pack(random_trits(10, 100)), random_integers(100), ternion.ThreadPool(2)
        said = in_a_fork(lambda: str(ternion.gemv(w, q, executor=pool)))
        self.assertIn("RuntimeError: ThreadPool: made before this process was forked", said)

    def test_models_are_refused_and_let_go(self):
        model = [ternion.Model.from_pretrained(SMALL_MODEL, threads=2)]
        generation = [model[0].generate("1 + 1", max_new_tokens=4)]

        def use():
            said = []
            for call in (lambda: model[0].tokenize("a"), lambda: next(generation[0]), lambda: model[0].logits([1])):
                try:
                    call()
                except RuntimeError as error:
                    said.append(str(error).split(":")[0])
            del generation[0], model[0]  # which would wait for threads that aren't there
            return " ".join(said)

        self.assertEqual(in_a_fork(use), "Model generate Model")
        self.assertTrue("".join(generation[0]))


if __name__ == "__main__":
    unittest.main()
