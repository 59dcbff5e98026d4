// Arguments of the C functions in WebAssembly's memory, and what goes wrong there as exceptions.

// The type of a typed array by its name, which is the same in every window and realm.
export const typeOf = (value) => Object.prototype.toString.call(value).slice(8, -1);

export function expectArray(value, name, ...types) {
  if (types.includes(typeOf(value))) return;
  throw new TypeError(`${name}: expected ${types.join(" or ")}, found ${typeOf(value)}`);
}

// A number that C takes as size_t, of 32 bits here: what doesn't fit would lose its upper bits.
export function expectSize(value, name, most = 0xffffffff) {
  if (typeof value !== "number") throw new TypeError(`${name}: expected a number, found ${typeOf(value)}`);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new RangeError(`${name}: expected an integer from 0 to ${most}, found ${value}`);
}

export function expectNumber(value, name) {
  if (typeof value !== "number") throw new TypeError(`${name}: expected a number, found ${typeOf(value)}`);
  return value;
}

const largest = 0x7fffffff; // bytes of WebAssembly's memory
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class Memory {
  constructor(module) {
    this.functions = module;
  }

  // Pointers are unsigned, whatever WebAssembly says of them. The memory moves when it grows: views are made anew.
  bytes(at, count) {
    return this.functions.HEAPU8.subarray(at >>> 0, (at >>> 0) + count);
  }

  copyOut(Type, at, count) {
    return new Type(this.bytes(at, count * Type.BYTES_PER_ELEMENT).slice().buffer);
  }

  word(at, index = 0) {
    return this.functions.HEAPU32[(at >>> 2) + index];
  }

  text(at) {
    if (at === 0) return "";
    const bytes = this.functions.HEAPU8;
    return decoder.decode(bytes.subarray(at >>> 0, bytes.indexOf(0, at >>> 0)));
  }

  room(bytes) {
    const at = bytes > largest ? 0 : this.functions._malloc(Math.max(bytes, 1));
    if (at === 0) throw new RangeError(`WebAssembly's memory has no room for ${bytes} bytes`);
    return at;
  }

  free(at) {
    this.functions._free(at);
  }

  // f(scope), whose memory is freed behind it.
  scoped(f) {
    const held = [];
    const room = (bytes) => {
      held.push(this.room(bytes));
      return held[held.length - 1];
    };
    const copy = (array) => {
      const at = room(array.byteLength);
      this.functions.HEAPU8.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at >>> 0);
      return at;
    };
    const text = (value, name) => {
      if (typeof value !== "string") throw new TypeError(`${name}: expected a string, found ${typeOf(value)}`);
      if (value.includes("\0")) throw new RangeError(`${name}: expected a name, found a character of code 0`);
      return copy(encoder.encode(`${value}\0`));
    };
    try {
      return f({ room, copy, text, keep: (at) => held.splice(held.indexOf(at), 1) });
    } finally {
      held.forEach((at) => this.free(at));
    }
  }

  // Throws what a status of ternion.h, or of the models' functions, says.
  check(status, lastError = this.functions._ternion_last_error) {
    if (status === 0) return;
    const Kind = status === 1 || status === 2 ? RangeError : Error;
    throw new Kind(this.text(lastError()));
  }
}

// What C or C++ holds for a JavaScript object: freed by its owner, or some time after it was lost.
const lost = new FinalizationRegistry((free) => free());

export class Handle {
  #at;
  #free;
  #what;

  constructor(at, what, free) {
    this.#at = at;
    this.#what = what;
    this.#free = () => free(at);
    lost.register(this, this.#free, this);
  }

  get at() {
    if (this.#at !== 0) return this.#at;
    throw new Error(`this ${this.#what} was freed`);
  }

  free() {
    if (this.#at === 0) return;
    lost.unregister(this);
    this.#at = 0;
    this.#free();
  }
}
