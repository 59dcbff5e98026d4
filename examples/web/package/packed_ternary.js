// A matrix: what the C interface calls ternion_weights.
import { Handle, typeOf } from "./memory.js";

const hidden = Symbol("made by pack, fromBytes and repack");

export class PackedTernary {
  #memory;
  #handle;
  #info;

  constructor(key, memory, at, borrowed = 0) {
    if (key !== hidden) throw new TypeError("PackedTernary: matrices are made by pack, fromBytes and repack");
    this.#memory = memory;
    this.#handle = new Handle(at, "matrix", (weights) => {
      memory.functions._ternion_free_weights(weights);
      if (borrowed !== 0) memory.free(borrowed);
    });
    this.#info = memory.scoped((scope) => {
      const info = scope.room(40); // ternion_weights_info
      memory.check(memory.functions._ternion_describe_weights(at, info));
      const [n, k, packing, , bytes, byteCount, scaleCount, groupInputs] = memory.copyOut(Uint32Array, info, 10);
      return { shape: Object.freeze([n, k]), packing: memory.text(packing), bytes, byteCount, scaleCount, groupInputs };
    });
  }

  static of(memory, make, borrowed) {
    return memory.scoped((scope) => {
      const result = scope.room(4);
      memory.check(make(scope, result));
      return new PackedTernary(hidden, memory, memory.word(result), borrowed);
    });
  }

  static handleOf(memory, w, name) {
    if (!(typeof w === "object" && w !== null && #handle in w)) {
      throw new TypeError(`${name}: expected a PackedTernary, found ${typeOf(w)}`);
    }
    if (w.#memory !== memory) throw new TypeError(`${name}: expected a matrix of this module, found another's`);
    return w.#handle.at;
  }

  get shape() {
    return this.#info.shape;
  }

  get packing() {
    return this.#info.packing;
  }

  get nbytes() {
    return this.#info.byteCount;
  }

  get groupInputs() {
    return this.#info.groupInputs;
  }

  get scales() {
    const count = this.#info.scaleCount;
    return this.#copied(Float32Array, count, (at) =>
      this.#memory.functions._ternion_copy_scales(this.#handle.at, at, count),
    );
  }

  unpack() {
    const count = this.shape[0] * this.shape[1];
    return this.#copied(Int8Array, count, (at) => this.#memory.functions._ternion_unpack(this.#handle.at, at, count));
  }

  dequantize() {
    const count = this.shape[0] * this.shape[1];
    return this.#copied(Float32Array, count, (at) =>
      this.#memory.functions._ternion_dequantize(this.#handle.at, at, count, 0),
    );
  }

  toBytes() {
    void this.#handle.at; // throws for a matrix that was freed
    return this.#memory.copyOut(Uint8Array, this.#info.bytes, this.#info.byteCount);
  }

  free() {
    this.#handle.free();
  }

  #copied(Type, count, write) {
    return this.#memory.scoped((scope) => {
      const at = scope.room(count * Type.BYTES_PER_ELEMENT);
      this.#memory.check(write(at));
      return this.#memory.copyOut(Type, at, count);
    });
  }
}
