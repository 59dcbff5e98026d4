// A page of a folder in headless Chromium.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";

// Status 77, which skips the test, where it isn't there.
export function needChromium(chromium) {
  if (chromium && existsSync(chromium)) return;
  console.log("skipped: Chromium is not installed");
  process.exit(77);
}

const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

// A page is loaded when its last image is, which comes when the page has done all: it says so in its body's data-done.
// (Virtual time, which Chromium has for this, doesn't wait for WebAssembly to be compiled.)
const wait = `<img src="/image-when-done" alt="" hidden><script type="module">
while (!("done" in document.body.dataset)) await new Promise((next) => setTimeout(next, 20));
fetch("/done");
</script>`;

// The page's document when it has done all, or nothing and a picture of it. `path` may end with a query.
export async function documentOf(chromium, folder, path, { screenshot, size = "400,900" } = {}) {
  let image;
  const server = createServer((request, response) => {
    const name = new URL(request.url, "http://x").pathname;
    if (name === "/image-when-done") return (image = response);
    if (name === "/done") return [image, response].forEach((answer) => answer.writeHead(404).end());
    const file = resolve(folder, "." + name);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream" });
    response.end(extname(file) === ".html" ? readFileSync(file) + wait : readFileSync(file));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const profile = mkdtempSync(join(tmpdir(), "ternion-chromium-"));
  const options = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    `--user-data-dir=${profile}`,
    `--window-size=${size}`,
    ...(screenshot ? [`--screenshot=${screenshot}`] : ["--dump-dom"]),
    `http://127.0.0.1:${server.address().port}/${path}`,
  ];
  const dom = await new Promise((done) => {
    execFile(chromium, options, { timeout: 100000, maxBuffer: 1 << 24 }, (error, out, messages) => {
      if (error || (out === "" && !screenshot)) console.log(error?.message ?? "", messages);
      done(out);
    });
  });
  server.close();
  rmSync(profile, { recursive: true, force: true });
  return dom;
}

export const plain = (html) => html.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
