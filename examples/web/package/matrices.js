// What makes matrices, and products with them: the C interface (ternion.h) on typed arrays.
import { expectArray, expectNumber, expectSize, typeOf } from "./memory.js";
import { PackedTernary } from "./packed_ternary.js";

function expectShape(shape, name) {
  if (!Array.isArray(shape) || shape.length !== 2)
    throw new TypeError(`${name}: expected [N, K], found ${typeOf(shape)}`);
  return shape.map((size) => expectSize(size, name));
}

// ternion_scales of one scale for the tensor; none for undefined.
function oneScale(memory, scope, scale, name) {
  if (scale === undefined) return 0;
  return scope.copy(new Uint32Array([scope.copy(new Float32Array([expectNumber(scale, name)])), 1, 0]));
}

export function matrices(memory) {
  const c = memory.functions;

  // Y[M,N] of the int8 or float32 activations x[M,K].
  const multiply = (name, w, x, tokensOf) => {
    const at = PackedTernary.handleOf(memory, w, `${name}: w`);
    expectArray(x, `${name}: x`, "Int8Array", "Float32Array");
    const [n, k] = w.shape;
    const m = tokensOf(k);
    const [Type, gemm] =
      typeOf(x) === "Int8Array" ? [Int32Array, c._ternion_gemm_int8] : [Float32Array, c._ternion_gemm_float];
    return memory.scoped((scope) => {
      const y = scope.room(m * n * 4);
      memory.check(gemm(at, m, scope.copy(x), x.length, k, y, m * n, n, 0));
      return memory.copyOut(Type, y, m * n);
    });
  };

  return {
    packings: () =>
      memory.scoped((scope) => {
        const info = scope.room(32); // ternion_packing_info, whose first member is the name
        return Array.from({ length: c._ternion_packing_count() }, (_, index) => {
          memory.check(c._ternion_packing_at(index, info));
          return memory.text(memory.word(info));
        });
      }),

    quantizers: () =>
      Array.from({ length: c._ternion_quantizer_count() }, (_, index) =>
        memory.text(c._ternion_quantizer_name_at(index)),
      ),

    pack(trits, shape, { packing = "i2_s", scale } = {}) {
      expectArray(trits, "pack: trits", "Int8Array", "Float32Array");
      const [n, k] = expectShape(shape, "pack: shape");
      const floats = typeOf(trits) === "Float32Array";
      if (floats && scale !== undefined) throw new RangeError("pack: scale: float weights get theirs by absmean");
      return PackedTernary.of(memory, (scope, result) => {
        const [name, values] = [scope.text(packing, "pack: packing"), scope.copy(trits)];
        if (floats) return c._ternion_pack_floats(0, name, values, trits.length, n, k, 0, result);
        return c._ternion_pack(
          0,
          name,
          values,
          trits.length,
          n,
          k,
          oneScale(memory, scope, scale, "pack: scale"),
          0,
          result,
        );
      });
    },

    fromBytes(bytes, packing, shape, { scale } = {}) {
      expectArray(bytes, "fromBytes: bytes", "Uint8Array");
      const [n, k] = expectShape(shape, "fromBytes: shape");
      return memory.scoped((outer) => {
        const copy = outer.copy(bytes); // the matrix's, once it is one
        const w = PackedTernary.of(
          memory,
          (scope, result) => {
            const [name, scales] = [
              scope.text(packing, "fromBytes: packing"),
              oneScale(memory, scope, scale, "fromBytes: scale"),
            ];
            return c._ternion_borrow(0, name, copy, bytes.length, n, k, scales, result);
          },
          copy,
        );
        outer.keep(copy);
        return w;
      });
    },

    repack(w, packing) {
      const from = PackedTernary.handleOf(memory, w, "repack: w");
      return PackedTernary.of(memory, (scope, result) =>
        c._ternion_repack(0, scope.text(packing, "repack: packing"), from, 0, result),
      );
    },

    gemv: (w, x) =>
      multiply("gemv", w, x, (k) => {
        if (x.length === k) return 1;
        throw new RangeError(`gemv: x: expected ${k} values, found ${x.length}`);
      }),

    gemm: (w, x) =>
      multiply("gemm", w, x, (k) => {
        if (x.length % k === 0) return x.length / k;
        throw new RangeError(`gemm: x: expected a multiple of ${k} values, found ${x.length}`);
      }),

    quantize(x, k, { quantizer = "absmax8" } = {}) {
      expectArray(x, "quantize: x", "Float32Array");
      expectSize(k, "quantize: k");
      if (k === 0 || x.length % k !== 0)
        throw new RangeError(`quantize: x: expected a multiple of k = ${k} values, found ${x.length}`);
      if (quantizer === "none") throw new RangeError("quantize: quantizer: expected one of quantizers(), found none");
      const m = x.length / k;
      return memory.scoped((scope) => {
        const result = scope.room(4);
        memory.check(c._ternion_new_activations(result));
        const activations = memory.word(result);
        try {
          const name = scope.text(quantizer, "quantize: quantizer");
          memory.check(c._ternion_quantize(0, name, 0, scope.copy(x), x.length, k, m, k, 0, activations));
          const info = scope.room(24); // ternion_activations_info
          memory.check(c._ternion_describe_activations(activations, info));
          const [, , ld, q, scales] = memory.copyOut(Uint32Array, info, 6);
          const integers = new Int8Array(m * k);
          for (let token = 0; token < m; ++token) integers.set(memory.copyOut(Int8Array, q + token * ld, k), token * k);
          return { q: integers, scales: memory.copyOut(Float32Array, scales, m) };
        } finally {
          c._ternion_free_activations(activations);
        }
      });
    },
  };
}
