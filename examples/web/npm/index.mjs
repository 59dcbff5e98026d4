import { readFile } from "node:fs/promises";
import create from "./ternion_web.js";
import { wrap } from "./ternion.mjs";

export async function load() {
  const wasmBinary = await readFile(new URL("ternion_web.wasm", import.meta.url));
  return wrap(await create({ wasmBinary }));
}
