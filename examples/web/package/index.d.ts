/** Y[M,N] = X[M,K] · W[N,K]ᵀ: M tokens, N outputs, K inputs. Arrays are row-major. Wrong types throw a TypeError, wrong
 * values and shapes a RangeError, all else an Error; each message is one line. */

/** Rows and columns of W. */
export type Shape = readonly [n: number, k: number];

/** A ternary matrix W[N,K]: weights scale * trit, trit -1, 0 or +1. Read-only. */
export interface PackedTernary {
  readonly shape: Shape;
  /** One of packings(). */
  readonly packing: string;
  /** Bytes of the packed trits. */
  readonly nbytes: number;
  /** One scale, or one for each row or group: [N, K / groupInputs rounded up]. */
  readonly scales: Float32Array;
  /** Inputs that share a scale; 0: all. */
  readonly groupInputs: number;
  /** The trits [N,K]. */
  unpack(): Int8Array;
  /** scale * trit, [N,K]. */
  dequantize(): Float32Array;
  /** A copy of the packed bytes, which fromBytes takes. */
  toBytes(): Uint8Array;
  /** Gives its memory back at once. Without it that happens some time after the matrix was lost. */
  free(): void;
}

export interface GenerateOptions {
  /** 16 by default; Infinity goes on until the model stops or its context is full. */
  maxNewTokens?: number;
  /** 0, the default, takes the likeliest token; above 0 the others say how tokens are drawn. */
  temperature?: number;
  topK?: number;
  topP?: number;
  minP?: number;
  repeatPenalty?: number;
  /** The same seed gives the same text. */
  seed?: number;
}

/** A language model with ternary weights, and its tokenizer. */
export interface Model {
  /** How many tokens a sequence may have. */
  readonly context: number;
  /** Token ids are below this. */
  readonly vocabularySize: number;
  /** The ids of a text as a prompt, behind BOS where the model wants one. special: names of special tokens become
   * these. */
  tokenize(text: string, options?: { special?: boolean }): Int32Array;
  /** The text of ids; special: with the names of special tokens. */
  detokenize(ids: Iterable<number>, options?: { special?: boolean }): string;
  /** The ids of a question in the model's chat template, up to where the answer begins. */
  chatPrompt(question: string): Int32Array;
  /** [tokens - first, vocabularySize]: row i is what may follow the tokens up to first + i. first: -1 for the last
   * alone. */
  logits(ids: Iterable<number>, options?: { first?: number }): Float32Array;
  /** What follows a prompt, in whole characters. A text is read behind BOS, ids as they are, at once; each further
   * token is computed when it is asked for, on the caller's thread. */
  generate(prompt: string | Iterable<number>, options?: GenerateOptions): Generator<string, void, undefined>;
  /** Gives its memory back at once; generations go on. */
  free(): void;
}

export interface Ternion {
  readonly version: string;
  /** What computes: "wasm_simd128". */
  readonly backend: string;
  /** Ways to lie in memory. */
  packings(): string[];
  quantizers(): string[];
  /** Packs trits [N,K], each -1, 0 or +1, with one scale (default: 1), or floats [N,K], which become trits and their
   * scale by absmean (arXiv 2402.17764). The packing is "i2_s" by default; "interleaved2x16" multiplies fastest. */
  pack(trits: Int8Array, shape: Shape, options?: { packing?: string; scale?: number }): PackedTernary;
  pack(weights: Float32Array, shape: Shape, options?: { packing?: string }): PackedTernary;
  /** The matrix whose packed bytes these are, of which it keeps a copy. Without `scale`, scales among the bytes are
   * used. */
  fromBytes(bytes: Uint8Array, packing: string, shape: Shape, options?: { scale?: number }): PackedTernary;
  /** The same trits and scales in another packing. */
  repack(w: PackedTernary, packing: string): PackedTernary;
  /** y[N] of x[K]: exact sums of integers, which scales have no part in; floats by way of 8 bits ("absmax8"). */
  gemv(w: PackedTernary, x: Int8Array): Int32Array;
  gemv(w: PackedTernary, x: Float32Array): Float32Array;
  /** Y[M,N] of X[M,K], the same for M tokens. */
  gemm(w: PackedTernary, x: Int8Array): Int32Array;
  gemm(w: PackedTernary, x: Float32Array): Float32Array;
  /** Integers [M,K] and a scale for each token of x[M,K]: x is about scale * q. "absmax8" by default. */
  quantize(x: Float32Array, k: number, options?: { quantizer?: string }): { q: Int8Array; scales: Float32Array };
  /** A model from the bytes of a GGUF file. context: the longest sequence in tokens, 0 for the model's own. */
  loadModel(gguf: Uint8Array, options?: { context?: number }): Model;
}

/** Compiles the package's WebAssembly module, which needs SIMD128. wasm: its address or bytes, where it doesn't lie
 * beside the package's scripts. Each call makes a module with memory of its own, of at most 2 GB. */
export function load(options?: { wasm?: URL | string | BufferSource }): Promise<Ternion>;
