// The npm package under Node.js, from the folder that it was installed into.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { load } from "ternion";

import { check, status } from "./expected.mjs";
import { checkPackage } from "./package_checks.mjs";

check(Object.keys(await import("ternion")).join() === "load", "the package exports load");
const model = "small.gguf";
if (!existsSync(model)) console.log(`no ${model}: models were not tested`);
await checkPackage(load, existsSync(model) ? readFileSync(model) : undefined);

// What the package's README shows, as one program.
const shown = [...readFileSync("node_modules/ternion/README.md", "utf8").matchAll(/^```js\n([^]*?)^```$/gm)].map(
  (match) => match[1],
);
writeFileSync("shown.mjs", shown.slice(0, existsSync(model) ? undefined : 1).join(""));
const output = execFileSync(process.execPath, ["shown.mjs"], { encoding: "utf8" });
check(
  shown.length === 2 &&
    output.startsWith("Int32Array(3) [ 123, -123, 2 ]\n") &&
    (output.endsWith("so 168") || !existsSync(model)),
  `the README's code: ${output}`,
);
process.exit(status());
