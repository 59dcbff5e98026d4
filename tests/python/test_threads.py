"""Several of Python's threads on one matrix, executors, and processes that are forked."""

import os
import threading
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

    def test_others_run_while_a_product_is_computed(self):
        w = ternion.pack(random_trits(2000, 4096), "int8")
        q = random_integers((200, 4096))
        counted, computing = [0], threading.Event()

        def count():
            computing.wait()
            while computing.is_set():
                counted[0] += 1

        counter = threading.Thread(target=count)
        counter.start()
        computing.set()
        before = counted[0]
        ternion.gemm(w, q)
        during = counted[0] - before
        computing.clear()
        counter.join()
        self.assertGreater(during, 0)

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
