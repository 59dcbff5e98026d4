// The page's functions without a page: node bridge.mjs FOLDER, which holds what the page is made of.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { check, expected, status } from "./expected.mjs";

const folder = resolve(process.argv[2]);
const { wrap } = await import(pathToFileURL(join(folder, "ternion.mjs")));
const create = createRequire(import.meta.url)(join(folder, "ternion_web.js"));
const ternion = wrap(await create({ wasmBinary: readFileSync(join(folder, "ternion_web.wasm")) }));

const refused = (f) => {
  try {
    f();
    return "nothing";
  } catch (error) {
    return error.message;
  }
};

check(ternion.backend() === "wasm_simd128", `backend ${ternion.backend()}`);
const gemv = ternion.checkGemv();
check(gemv.length === 5, `${gemv.length} packings`);
for (const [packing, result] of gemv) check(result === "passed", `${packing}: ${result}`);

const early = refused(() => [...ternion.answer("What is 1 + 1?")]);
check(early.includes("no model"), `asked without a model: ${early}`);
const broken = refused(() => ternion.loadModel(new Uint8Array([71, 71, 85, 70, 3])));
check(broken.includes("small.gguf"), `given five bytes: ${broken}`);

const model = join(folder, "small.gguf");
if (existsSync(model)) {
  ternion.loadModel(readFileSync(model));
  for (const [question, end] of expected) {
    const answer = [...ternion.answer(question)].join("");
    check(answer.endsWith(end), `${question} ${answer}`);
  }
  const long = refused(() => [...ternion.answer("1 ".repeat(5000))]);
  check(long.includes("tokens"), `asked too much: ${long}`);
  const spoilt = new Uint8Array(readFileSync(model));
  spoilt.fill(255, spoilt.length - 64); // the last numbers of the last norm
  ternion.loadModel(spoilt);
  const nan = refused(() => [...ternion.answer("What is 1 + 1?")]);
  check(nan.includes("finite"), `a model with NaN: ${nan}`);
} else {
  console.log(`no ${model}: the model's answers were not tested`);
}
process.exit(status());
