/** The library in WebAssembly with SIMD128, with room for one model. */
export interface Ternion {
  /** What computes: "wasm_simd128". */
  backend(): string;
  /** GEMV against exact integers: each packing's name, and "passed" or the shape that is wrong. */
  checkGemv(): [packing: string, result: string][];
  /** Takes the bytes of a GGUF file, in place of the model before. Throws Error with one line for what isn't one. */
  loadModel(bytes: Uint8Array): void;
  /** The greedy answer to a question, piece by piece, by the chat template of the model; each question stands alone. */
  answer(question: string): Generator<string, void>;
}

/** An instance of its own, with memory of its own. */
export function load(): Promise<Ternion>;
