"""What the package does, in a page: show.py MODEL [PROMPT]."""

import sys
import time

import numpy as np
import ternion

random = np.random.default_rng(0)
trits = random.integers(-1, 2, (640, 2560), dtype=np.int8)
q = random.integers(-128, 128, 2560, dtype=np.int8)
expected = trits.astype(np.int64) @ q
print(f"ternion {ternion.__version__} on {ternion.isas()[0]}, of {', '.join(ternion.isas())}")

for packing in ternion.packings():
    w = ternion.pack(trits, packing)
    exact = (ternion.gemv(w, q) == expected).all()
    times = []
    for _ in range(200):
        start = time.perf_counter()
        ternion.gemv(w, q)
        times.append(time.perf_counter() - start)
    print(f"{packing:16} {w.nbytes:8} bytes, gemv {sorted(times)[100] * 1e6:7.1f} us, {'exact' if exact else 'WRONG'}")

model = ternion.Model.from_pretrained(sys.argv[1])
print(model)
prompt = sys.argv[2] if len(sys.argv) > 2 else "User: What is 123 + 45?<|eot_id|>Assistant: "
print(prompt, end="|")
for piece in model.generate(model.tokenize(prompt, special=True), max_new_tokens=64):
    print(piece, end="", flush=True)
print()
