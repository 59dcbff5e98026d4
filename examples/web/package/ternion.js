// The package's functions, over a module of Emscripten's.
import { matrices } from "./matrices.js";
import { Memory } from "./memory.js";
import { Model } from "./model.js";
import createModule from "./wasm/ternion.js";

// The module of these bytes. Emscripten's script would end the program over bytes that are none.
const instantiate = (wasm) =>
  new Promise((resolve, reject) => {
    const instantiateWasm = (imports, take) => {
      WebAssembly.instantiate(wasm, imports).then(({ instance }) => take(instance), reject);
      return {};
    };
    createModule({ instantiateWasm }).then(resolve, reject);
  });

// wasm: the bytes of wasm/ternion.wasm.
export async function start(wasm) {
  const memory = new Memory(await instantiate(wasm));
  const c = memory.functions;
  return Object.freeze({
    version: memory.text(c._ternion_version()),
    backend: memory.text(c._backend_name()),
    ...matrices(memory),
    loadModel: (gguf, options) => Model.load(memory, gguf, options),
  });
}
