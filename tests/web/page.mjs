// The page in headless Chromium: node page.mjs FOLDER CHROMIUM [SCREENSHOT [WIDTH,HEIGHT]]. Status 77 where there is no
// Chromium.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";

import { check, expected, status } from "./expected.mjs";

const [folder, chromium, screenshot, size = "400,900"] = process.argv.slice(2);
if (!chromium || !existsSync(chromium)) {
  console.log("skipped: Chromium is not installed");
  process.exit(77);
}

const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const server = createServer((request, response) => {
  const file = resolve(folder, "." + new URL(request.url, "http://x").pathname);
  if (!existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream" }).end(readFileSync(file));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const address = new URL(`http://127.0.0.1:${server.address().port}/index.html`);
for (const question of expected.keys()) address.searchParams.append("q", question);
const profile = mkdtempSync(join(tmpdir(), "ternion-chromium-"));
const options = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", `--user-data-dir=${profile}`,
  `--window-size=${size}`, "--virtual-time-budget=60000",
  ...(screenshot ? [`--screenshot=${screenshot}`] : ["--dump-dom"]),
];
const dom = await new Promise((done) => {
  execFile(chromium, [...options, address.href], { timeout: 100000, maxBuffer: 1 << 24 }, (error, out, messages) => {
    if (error || (out === "" && !screenshot)) console.log(error?.message ?? "", messages);
    done(out);
  });
});
server.close();
rmSync(profile, { recursive: true, force: true });
if (screenshot) process.exit(existsSync(screenshot) ? 0 : 1);

const plain = (html) => html.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
const texts = (pattern) => [...dom.matchAll(pattern)].map((match) => plain(match[1]));
check(/data-done="yes"/.test(dom), "the page has finished");
const backend = texts(/id="backend">([^<]*)</g)[0];
check(backend === "wasm_simd128", `backend ${backend}`);
const passed = texts(/<td>([^<]*)<\/td><td class="passed">passed</g);
check(passed.length === 5 && !dom.includes('<td class="wrong"'), `GEMV passed: ${passed.join(", ")}`);
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
