// The page in headless Chromium: node page.mjs FOLDER CHROMIUM [SCREENSHOT [WIDTH,HEIGHT]].
import { existsSync } from "node:fs";
import { join } from "node:path";

import { documentOf, needChromium, plain } from "./chromium.mjs";
import { check, expected, status } from "./expected.mjs";

const [folder, chromium, screenshot, size] = process.argv.slice(2);
needChromium(chromium);
const questions = new URLSearchParams([...expected.keys()].map((question) => ["q", question]));
const dom = await documentOf(chromium, folder, `index.html?${questions}`, { screenshot, size });
if (screenshot) process.exit(existsSync(screenshot) ? 0 : 1);

const texts = (pattern) => [...dom.matchAll(pattern)].map((match) => plain(match[1]));
check(/data-done="yes"/.test(dom), "the page has finished");
const backend = texts(/id="backend">([^<]*)</g)[0];
check(backend === "wasm_simd128", `backend ${backend}`);
const passed = texts(/<td>([^<]*)<\/td><td class="passed">passed</g);
check(passed.length >= 11 && !dom.includes('<td class="wrong"'), `GEMV passed: ${passed.join(", ")}`);
const state = texts(/id="status"[^>]*>([^<]*)</g)[0];
if (existsSync(join(folder, "small.gguf"))) {
  const answers = texts(/class="answer[^"]*">([^<]*)</g).slice(0, -1); // the last is the template's
  [...expected].forEach(([question, end], i) => {
    check(answers[i]?.endsWith(end), `${question} ${answers[i]}`);
  });
} else {
  check(state?.includes("404"), `no model: ${state}`);
}
process.exit(status());
