import { start } from "./ternion.js";

export async function load({ wasm = new URL("./wasm/ternion.wasm", import.meta.url) } = {}) {
  if (!(wasm instanceof URL || typeof wasm === "string")) return start(wasm);
  const response = await fetch(wasm);
  if (!response.ok)
    throw new Error(`load: ${wasm}: expected a WebAssembly module, found HTTP status ${response.status}`);
  return start(await response.arrayBuffer());
}
