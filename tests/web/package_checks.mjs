// What the npm package must do, in Node.js and browsers alike.
import { check, expected } from "./expected.mjs";

function* bytes(state) {
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 24;
  }
}

const same = (a, b) =>
  a.constructor === b.constructor && a.length === b.length && a.every((value, i) => value === b[i]);

const refused = (kind, words, f) => {
  let error = null;
  try {
    f();
  } catch (thrown) {
    error = thrown;
  }
  const good = error?.constructor === kind && error.message.includes(words) && !error.message.includes("\n");
  check(good, `refused: ${error === null ? `nothing, where "${words}" was to be` : `${error.name}: ${error.message}`}`);
};

// Y[M,N], as it is defined.
function oracle(trits, [n, k], q) {
  const y = new Int32Array((q.length / k) * n);
  for (let i = 0; i < y.length; ++i) {
    const [token, row] = [Math.floor(i / n), i % n];
    for (let j = 0; j < k; ++j) y[i] += q[token * k + j] * trits[row * k + j];
  }
  return y;
}

function checkProducts(ternion) {
  const packings = ternion.packings();
  let products = 0;
  for (const packing of packings) {
    const wrong = [];
    for (const shape of [
      [1, 1],
      [2, 3],
      [15, 17],
      [33, 127],
      [65, 129],
      [16, 255],
      [7, 513],
      [17, 2176],
    ]) {
      const [n, k] = shape;
      const random = bytes(n * 1000 + k);
      const trits = Int8Array.from({ length: n * k }, () =>
        packing === "binary" ? (random.next().value % 2) * 2 - 1 : (random.next().value % 3) - 1,
      );
      const q = Int8Array.from({ length: 3 * k }, () => random.next().value - 128).fill(-128, 0, k);
      const w = ternion.pack(trits, shape, { packing, scale: 0.5 });
      const again = ternion.repack(ternion.fromBytes(w.toBytes(), packing, shape, { scale: 0.5 }), packing);
      const good =
        same(ternion.gemv(w, q.subarray(k, 2 * k)), oracle(trits, shape, q.subarray(k, 2 * k))) &&
        same(ternion.gemm(again, q), oracle(trits, shape, q)) &&
        same(w.unpack(), trits) &&
        same(
          again.dequantize(),
          Float32Array.from(trits, (trit) => trit * 0.5),
        ) &&
        w.nbytes === w.toBytes().length &&
        w.packing === packing &&
        w.shape.join() === shape.join();
      if (!good) wrong.push(shape.join(" x "));
      products += 2;
      w.free();
      again.free();
    }
    check(wrong.length === 0, `${packing}: ${wrong.length === 0 ? "equal to the oracle" : `wrong at ${wrong}`}`);
  }
  check(packings.length >= 12 && products >= 192, `${packings.length} packings, ${products} products`);
}

function checkFloats(ternion) {
  const [n, k] = [3, 200];
  const random = bytes(7);
  const x = Float32Array.from({ length: 2 * k }, () => random.next().value / 64 - 2);
  const trits = Int8Array.from({ length: n * k }, () => (random.next().value % 3) - 1);
  const w = ternion.pack(trits, [n, k], { packing: "interleaved2x16", scale: 0.25 });
  const { q, scales } = ternion.quantize(x, k);
  const sums = ternion.gemm(w, q);
  const y = Float32Array.from(sums, (sum, i) => Math.fround(sum) * Math.fround(0.25 * scales[Math.floor(i / n)]));
  check(same(ternion.gemm(w, x), y) && same(ternion.gemv(w, x.subarray(k)), y.subarray(n)), "floats by absmax8");
  check(
    ternion.quantizers()[0] === "absmax8" &&
      ternion.quantize(x, k, { quantizer: "absmax4" }).q.every((value) => Math.abs(value) <= 7),
    `quantizers ${ternion.quantizers().join(", ")}`,
  );
  const means = ternion.pack(Float32Array.of(0.5, -1, 0, 2), [2, 2]);
  check(
    same(means.unpack(), Int8Array.of(1, -1, 0, 1)) && means.scales[0] === 0.875,
    `absmean: ${means.unpack()} times ${means.scales}`,
  );
  const blocks = ternion.fromBytes(ternion.pack(trits, [n, k], { packing: "tq2_0", scale: 0.5 }).toBytes(), "tq2_0", [
    n,
    k,
  ]);
  check(
    same(
      blocks.dequantize(),
      Float32Array.from(trits, (trit) => trit * 0.5),
    ) && blocks.groupInputs === 256,
    "scales among the bytes",
  );
  check(Number.isNaN(ternion.gemv(w, new Float32Array(k).fill(NaN))[0]), "NaN gives NaN");
}

function checkBadInput(ternion, other) {
  const w = ternion.pack(Int8Array.of(1, 0, -1, 1), [2, 2]);
  refused(RangeError, "expected one of", () => ternion.pack(Int8Array.of(1), [1, 1], { packing: "i3_s" }));
  refused(TypeError, "expected a string, found Number", () => ternion.pack(Int8Array.of(1), [1, 1], { packing: 3 }));
  refused(RangeError, "found a character of code 0", () =>
    ternion.pack(Int8Array.of(1), [1, 1], { packing: "i2_s\0" }),
  );
  refused(TypeError, "expected Int8Array or Float32Array, found Array", () => ternion.pack([1], [1, 1]));
  refused(TypeError, "found Uint8Array", () => ternion.pack(Uint8Array.of(1), [1, 1]));
  refused(RangeError, "2", () => ternion.pack(Int8Array.of(2), [1, 1]));
  refused(TypeError, "expected [N, K]", () => ternion.pack(Int8Array.of(1), 1));
  refused(TypeError, "expected [N, K]", () => ternion.pack(Int8Array.of(1), [1, 1, 1]));
  for (const size of [-1, 1.5, NaN, 2 ** 32 + 1, Infinity])
    refused(RangeError, `found ${size}`, () => ternion.pack(Int8Array.of(1), [size, 1]));
  refused(TypeError, "expected a number, found String", () => ternion.pack(Int8Array.of(1), ["1", 1]));
  refused(RangeError, "at least one row and column", () => ternion.pack(new Int8Array(), [0, 1]));
  refused(RangeError, "too large", () => ternion.pack(Int8Array.of(1), [2 ** 31, 2 ** 20]));
  refused(RangeError, "ternion_pack: trits has 3 values; the shapes ask for 4", () =>
    ternion.pack(Int8Array.of(1, 1, 1), [2, 2]),
  );
  for (const scale of [0, NaN, Infinity])
    refused(RangeError, "scale", () => ternion.pack(Int8Array.of(1), [1, 1], { scale }));
  refused(TypeError, "pack: scale: expected a number", () => ternion.pack(Int8Array.of(1), [1, 1], { scale: "1" }));
  refused(RangeError, "theirs by absmean", () => ternion.pack(Float32Array.of(1), [1, 1], { scale: 2 }));
  refused(RangeError, "finite", () => ternion.pack(Float32Array.of(NaN), [1, 1]));
  refused(RangeError, "bytes", () => ternion.fromBytes(Uint8Array.of(1), "i2_s", [100, 100]));
  refused(RangeError, "no trit", () => ternion.fromBytes(new Uint8Array(64).fill(255), "i2_s", [1, 128]));
  refused(TypeError, "expected Uint8Array", () => ternion.fromBytes("text", "i2_s", [1, 1]));
  refused(TypeError, "expected a PackedTernary, found Object", () => ternion.gemv({}, Int8Array.of(1, 1)));
  refused(TypeError, "expected a PackedTernary, found Null", () => ternion.repack(null, "i2_s"));
  refused(TypeError, "of this module", () => other.gemv(w, Int8Array.of(1, 1)));
  refused(RangeError, "gemv: x: expected 2 values, found 3", () => ternion.gemv(w, Int8Array.of(1, 1, 1)));
  refused(RangeError, "gemm: x: expected a multiple of 2 values, found 3", () =>
    ternion.gemm(w, Int8Array.of(1, 1, 1)),
  );
  refused(TypeError, "found Float64Array", () => ternion.gemv(w, Float64Array.of(1, 1)));
  refused(TypeError, "found Array", () => ternion.gemv(w, [1, 1]));
  refused(RangeError, "expected one of", () => ternion.repack(w, "nothing"));
  refused(RangeError, "absmax7", () => ternion.quantize(Float32Array.of(1), 1, { quantizer: "absmax7" }));
  refused(RangeError, "multiple of k = 0", () => ternion.quantize(Float32Array.of(1), 0));
  refused(TypeError, "made by pack", () => new w.constructor());
  check(same(ternion.gemm(w, new Int8Array()), new Int32Array()), "no tokens give no results");
  w.free();
  w.free();
  refused(Error, "this matrix was freed", () => ternion.gemv(w, Int8Array.of(1, 1)));
  refused(Error, "this matrix was freed", () => w.toBytes());
  refused(RangeError, "room", () => {
    const large = ternion.pack(new Int8Array(1 << 20).fill(1), [1 << 20, 1]);
    ternion.gemm(large, new Int8Array(1 << 12));
  });
}

// More than there is room for, one after the other.
function checkMemory(ternion) {
  const trits = new Int8Array(1 << 22).fill(1);
  for (let i = 0; i < 600; ++i) ternion.pack(trits, [2048, 2048], { packing: "int8" }).free();
  check(true, "memory that was freed is used again");
}

function checkModel(ternion, gguf) {
  refused(Error, "loadModel", () => ternion.loadModel(Uint8Array.of(71, 71, 85, 70, 3)));
  refused(TypeError, "expected Uint8Array, found String", () => ternion.loadModel("small.gguf"));
  if (gguf === undefined) return;
  const model = ternion.loadModel(gguf);
  for (const [question, end] of expected) {
    const answer = [...model.generate(model.chatPrompt(question), { maxNewTokens: Infinity })].join("");
    check(answer.endsWith(end), `${question} ${answer}`);
  }
  const text = "A word, zwölf 🙂 and\0more.";
  check(model.detokenize(model.tokenize(text)) === text, "tokens become the text again");
  const ids = model.chatPrompt("What is 1 + 1?");
  const [all, last] = [model.logits(ids), model.logits(ids, { first: -1 })];
  const near = last.every((logit, i) => Math.abs(logit - all[all.length - last.length + i]) < 1e-5); // one row is another loop
  check(
    all.length === ids.length * last.length && last.length === model.vocabularySize && near,
    `${all.length} logits`,
  );
  const best = last.indexOf(last.reduce((a, b) => Math.max(a, b)));
  check(
    [...model.generate(ids, { maxNewTokens: 1 })].join("") === model.detokenize([best]),
    "the likeliest token follows",
  );
  const drawn = (seed) => [...model.generate("The ", { temperature: 2, topK: 0, topP: 1, minP: 0, seed })].join("");
  check(drawn(3) === drawn(3) && drawn(3) !== drawn(4), `drawn: ${drawn(3)}`);
  let whole = 0; // characters of several tokens, each of which is a byte; at such a temperature the model writes such
  for (let seed = 0; seed < 30; ++seed) {
    const options = { maxNewTokens: 60, temperature: 1e6, topK: 0, topP: 1, minP: 0, seed };
    for (const piece of model.generate("The ", options))
      whole += [...piece].filter((c) => c > "\x7f" && c !== "\ufffd").length;
  }
  check(whole > 0, `${whole} characters of several tokens came whole`);
  const dropped = model.generate("The ", { maxNewTokens: Infinity });
  dropped.next();
  dropped.return();
  check(dropped.next().done && [...model.generate("The ", { maxNewTokens: 0 })].length === 0, "generations end");

  refused(RangeError, "generate: maxNewTokens", () => model.generate("x", { maxNewTokens: -1 }));
  refused(RangeError, "temperature", () => model.generate("x", { temperature: NaN }));
  refused(TypeError, "generate: prompt: expected token ids, found Number", () => model.generate(3));
  refused(RangeError, "token id", () => model.generate([model.vocabularySize]));
  refused(RangeError, "logits: expected tokens", () => model.logits([]));
  refused(Error, "tokens", () => model.generate("1 ".repeat(5000)));
  refused(TypeError, "tokenize: text", () => model.tokenize(3));
  refused(RangeError, "context", () => ternion.loadModel(gguf, { context: -1 }));
  refused(Error, "context", () => ternion.loadModel(gguf, { context: 1e6 }));
  const spoilt = new Uint8Array(gguf);
  spoilt.fill(255, spoilt.length - 64); // the last numbers of the last norm
  refused(Error, "finite", () => [...ternion.loadModel(spoilt).generate("The ")]);
  model.free();
  refused(Error, "this model was freed", () => model.tokenize("x"));
}

export async function checkPackage(load, gguf) {
  const [ternion, other] = await Promise.all([load(), load()]);
  check(
    ternion.backend === "wasm_simd128" && /^\d+\.\d+\.\d+$/.test(ternion.version),
    `ternion ${ternion.version} on ${ternion.backend}`,
  );
  checkProducts(ternion);
  checkFloats(ternion);
  checkBadInput(ternion, other);
  checkMemory(ternion);
  checkModel(ternion, gguf);
  const wrong = await load({ wasm: Uint8Array.of(1, 2, 3) }).catch((error) => error);
  check(wrong.name === "CompileError", `three bytes for a module: ${wrong}`);
}
