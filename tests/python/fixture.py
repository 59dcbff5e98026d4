"""What the tests share: where things are, and matrices multiplied by numpy alone."""

import os
import pathlib
import subprocess

import numpy as np

SOURCE = pathlib.Path(os.environ["TERNION_SOURCE"])
SMALL_MODEL = SOURCE / "examples" / "models" / "small.gguf"
TINY_MODEL = SOURCE / "tests" / "golden" / "tiny-bitnet.gguf"

# Around every width of a block, a panel and a register, and far from all.
RAGGED = [(1, 1), (2, 3), (3, 63), (7, 64), (15, 65), (16, 127), (17, 128), (31, 129), (33, 255), (5, 256), (64, 257), (47, 640)]


def random_trits(n, k, seed=0):
    return np.random.default_rng(seed).integers(-1, 2, (n, k), dtype=np.int8)


def random_integers(shape, seed=0):
    """int8 from end to end, both ends among them."""
    q = np.random.default_rng(seed).integers(-128, 128, shape, dtype=np.int8)
    q.reshape(-1)[0] = -128
    return q


def random_floats(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def oracle(trits, q):
    """Exact: 64-bit integers."""
    return (q.astype(np.int64) @ trits.astype(np.int64).T).astype(np.int32)


def program(*arguments, text=""):
    """What the C++ program bitnet-2b4t prints."""
    path = pathlib.Path(os.environ["TERNION_PROGRAMS"]) / "bitnet-2b4t"
    done = subprocess.run([path, *map(str, arguments)], input=text.encode(), stdout=subprocess.PIPE, check=True)
    return done.stdout.decode("utf-8", "replace")
