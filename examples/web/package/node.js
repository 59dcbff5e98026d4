import { readFile } from "node:fs/promises";

import { start } from "./ternion.js";

export async function load({ wasm = new URL("./wasm/ternion.wasm", import.meta.url) } = {}) {
  return start(wasm instanceof URL || typeof wasm === "string" ? await readFile(wasm) : wasm);
}
