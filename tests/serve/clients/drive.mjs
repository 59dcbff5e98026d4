// Drives a real server with curl, OpenAI's own client and hostile clients:
// node drive.mjs PROGRAM MODEL FOLDER, where FOLDER holds node_modules.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, truncateSync, unlinkSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { check, finish, part } from "./check.mjs";
import { Server, eventually, post, sleep } from "./server.mjs";

const [program, model, folder] = process.argv.slice(2);
const require = createRequire(join(resolve(folder), "package.json"));
const OpenAI = require("openai");

const question = { role: "user", content: "What is 123 + 45?" };
const chat = (more = {}) => ({ model: "small", messages: [question], temperature: 0, ...more });
const start = (...args) => Server.start(program, ["-m", model, "-t", "2", ...args]);

// Its cache is small: how much would be in a large one depends on how fast the machine is.
const server = await start("--parallel", "8", "--max-queue", "300", "--read-timeout", "2", "--write-timeout", "2", "--cors", "*",
  "--pooling", "last", "--cache-mb", "16");
// A text that goes on until its limit: the tokens that would end it are made impossible.
const ends = [];
for (const name of ["<|eot_id|>", "<|end_of_text|>", "</s>", "<|im_end|>", "<|endoftext|>"]) {
  const { tokens } = (await server.json("/tokenize", { content: name, parse_special: true })).body;
  if (tokens.length === 1) ends.push(tokens[0]);
}
const endless = (more = {}) => ({
  prompt: "User: ", temperature: 1, logit_bias: Object.fromEntries(ends.map((id) => [id, -100])), ...more });

await part("curl", async () => {
  const curl = (...args) => execFileSync("curl", ["-sS", "--max-time", "20", ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
  check(curl(`${server.url}/health`) === '{"status":"ok"}', "health");
  check(JSON.parse(curl(`${server.url}/v1/models`)).data[0].id === "small", "models");
  const whole = JSON.parse(curl(`${server.url}/v1/chat/completions`, "-H", "Content-Type: application/json", "-d", JSON.stringify(chat())));
  check(whole.choices[0].message.content.includes("168"), "an answer", whole);
  const stream = curl("-N", `${server.url}/v1/chat/completions`, "-d", JSON.stringify(chat({ stream: true })));
  check(stream.endsWith("data: [DONE]\n\n"), "a stream's end", stream);
  check(curl("-o", "/dev/null", "-w", "%{http_code}", "--path-as-is", `${server.url}/../../../../etc/passwd`) === "404", "path traversal");
  check(curl("-o", "/dev/null", "-w", "%{http_code}", `${server.url}/%2e%2e/%2e%2e/etc/passwd`) === "404", "encoded traversal");
  check(curl("-I", `${server.url}/health`).startsWith("HTTP/1.1 200 OK"), "HEAD");
  const preflight = curl("-i", "-X", "OPTIONS", `${server.url}/v1/chat/completions`);
  check(preflight.startsWith("HTTP/1.1 204 ") && !preflight.includes("Content-"), "a preflight", preflight);
  check(preflight.includes("Access-Control-Allow-Origin: *\r\n"), "CORS");
  check(preflight.includes("Access-Control-Allow-Headers: Authorization, *\r\n"), "CORS for the headers of OpenAI's client", preflight);
  check(curl("-i", `${server.url}/v1/completions`).includes("\r\nAllow: POST\r\n"), "what a path allows");
  check(curl(`${server.url}/models`).includes("begin with /v1/"), "a base address without /v1");
  check(curl("-i", "-X", "PUT", `${server.url}/`).includes("\r\nAllow: GET, HEAD\r\n"), "what the page allows");
  for (const target of [`http://127.0.0.1:${server.port}/health`, "http://x/health?a#b", "/%68ealth", "/v1/models/%73mall"])
    check(curl("--request-target", target, `${server.url}/`).includes(target.includes("models") ? '"id":"small"' : '"ok"'), "a target", target);
  for (const target of ["/health%", "/%zz", "/%2", "http://x", "//health", "/health%2f"])
    check(!curl("--request-target", target, `${server.url}/x`).includes('"ok"'), "no such target", target);
  const http10 = curl("--http1.0", `${server.url}/v1/completions`, "-d", JSON.stringify(endless({ stream: true, max_tokens: 5 })));
  check(http10.startsWith("data: {") && http10.endsWith("data: [DONE]\n\n"), "a stream for HTTP/1.0", http10);
  const body = JSON.stringify({ content: "a ".repeat(600000) }); // too long for a command line
  const large = execFileSync("curl", ["-sS", "--max-time", "20", "-H", "Expect: 100-continue", `${server.url}/tokenize`, "--data-binary", "@-"],
    { input: body, encoding: "utf8", maxBuffer: 1 << 26 });
  check(JSON.parse(large).tokens.length > 100000, "a body of a megabyte");
});

await part("OpenAI's client", async () => {
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
  const whole = await client.chat.completions.create(chat());
  check(whole.choices[0].message.content.includes("168"), "an answer", whole);
  check(whole.usage.total_tokens === whole.usage.prompt_tokens + whole.usage.completion_tokens, "usage");
  let text = "", usage;
  for await (const event of await client.chat.completions.create(chat({ stream: true, stream_options: { include_usage: true } }))) {
    text += event.choices[0]?.delta?.content ?? "";
    usage = event.usage ?? usage;
  }
  check(text === whole.choices[0].message.content, "the stream is the whole", text);
  check(usage?.completion_tokens === whole.usage.completion_tokens, "usage of a stream", usage);
  const final = await client.chat.completions.stream(chat()).finalChatCompletion();
  check(final.choices[0].message.content === text, "the client's own accumulation");
  const scored = await client.chat.completions.create(chat({ logprobs: true, top_logprobs: 3 }));
  check(scored.choices[0].logprobs.content.every((t) => t.logprob <= 0 && t.top_logprobs.length === 3), "log-probabilities");
  const schema = { type: "object", properties: { sum: { type: "integer" } }, required: ["sum"], additionalProperties: false };
  const formed = await client.chat.completions.create(chat({ response_format: { type: "json_schema", json_schema: { name: "s", strict: true, schema } } }));
  check(Number.isInteger(JSON.parse(formed.choices[0].message.content).sum), "a schema", formed);
  const several = await client.completions.create({ model: "small", prompt: ["User: a", "User: b"], n: 2, max_tokens: 3 });
  check(several.choices.length === 4, "several texts");
  const vectors = await client.embeddings.create({ model: "small", input: ["one", "two"] });
  const length = Math.hypot(...vectors.data[1].embedding);
  check(vectors.data.length === 2 && Math.abs(length - 1) < 1e-4, "vectors", length);
  check((await client.models.list()).data[0].id === "small", "models");
  const refused = await client.chat.completions.create(chat({ temperature: 9 })).catch((error) => error);
  check(refused instanceof OpenAI.BadRequestError && refused.param === "temperature", "a refusal", String(refused));
  const stream = await client.completions.create(endless({ model: "small", stream: true, max_tokens: 4000 }));
  for await (const event of stream) {
    if (event) break; // which aborts the request
  }
  await eventually(async () => (await server.busy()) === 0, "a free slot after an abort");
});

await part("eight seeded requests at once are each what they are alone", async () => {
  const bodies = [...Array(8).keys()].map((i) =>
    endless({ prompt: `User: ${"word ".repeat(i * 9)}`, seed: i, max_tokens: 30 + 5 * i, temperature: i % 2, top_k: i === 3 ? 0 : 40 }));
  const texts = async (ask) => (await ask).map((reply) => reply.body.choices[0].text);
  const alone = [];
  for (const body of bodies) alone.push(await server.json("/v1/completions", body));
  for (let round = 0; round < 3; ++round) {
    const together = await texts(Promise.all(bodies.map((body) => server.json("/v1/completions", body))));
    check(JSON.stringify(together) === JSON.stringify(await texts(alone)), "the texts", together);
  }
});

await part("200 clients that go away at random leave nothing behind", async () => {
  await server.json("/v1/completions", endless({ max_tokens: 200 }));
  const before = server.usage();
  let seed = 1;
  const random = (n) => ((seed = (seed * 48271) % 2147483647), seed % n);
  for (let wave = 0; wave < 4; ++wave) {
    await Promise.all([...Array(50).keys()].map((i) =>
      server.raw(post("/v1/completions", endless({ stream: i % 2 === 0, max_tokens: 100000, prompt: "User: " + "x ".repeat(random(100)) })),
        { closeAfter: random(600) })));
  }
  await eventually(async () => (await server.busy()) === 0, "free slots");
  await eventually(() => server.usage().files <= before.files + 2, "closed connections");
  const after = server.usage();
  check(after.threads === before.threads, "threads", [before.threads, after.threads]);
  check(after.memory < before.memory + 64, "memory in MB", [before.memory, after.memory]);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  check(/bitnet_queued 0\n/.test(metrics), "an empty queue");
});

await part("slow clients hold nobody up", async () => {
  const connect = (text) => new Promise((resolve) => {
    const socket = net.connect(server.port, "127.0.0.1", () => (socket.write(text), resolve(socket)));
    socket.on("error", () => {});
    socket.pause();
  });
  const slow = await Promise.all([...Array(200).keys()].map((i) => connect(i % 2 ? "POST /v1/completions HTTP/1.1\r\nContent-Length: 100\r\n\r\n{" : "GET / HT")));
  const drip = setInterval(() => slow.forEach((socket) => socket.write("x")), 300);
  const deaf = await connect(post("/v1/completions", endless({ stream: true, max_tokens: 2000 })));
  const begin = Date.now();
  const answer = await server.json("/v1/chat/completions", chat());
  check(answer.body.choices[0].message.content.includes("168"), "an answer meanwhile");
  check(Date.now() - begin < 15000, "an answer in time");
  await eventually(() => slow.every((socket) => (socket.resume(), socket.closed || socket.destroyed)), "closed slow connections");
  clearInterval(drip);
  deaf.destroy();
});

await part("what is no request is refused, and the server goes on", async () => {
  const status = async (bytes) => Number((await server.raw(bytes)).slice(9, 12));
  check((await status("nonsense\r\n\r\n")) === 400, "nonsense");
  check((await status("GET / HTTP/9.9\r\n\r\n")) === 400, "a version");
  check((await status("POST /v1/completions HTTP/1.1\r\nContent-Length: x\r\n\r\n")) === 400, "a length");
  check((await status(`GET / HTTP/1.1\r\nA: ${"x".repeat(40000)}\r\n\r\n`)) === 431, "long headers");
  check((await status("POST /v1/completions HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n")) === 413, "a long body");
  check((await status("\x00\x01\x02\r\n\r\n")) === 400, "bytes");
  check((await status(post("/v1/completions", endless({ max_tokens: 2 }), "Connection: close\r\n"))) === 200, "a request after them");
  const chunked = "POST /tokenize HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\n{\"con\r\n";
  const chunks = await server.raw(`${chunked}d\r\ntent\": \"a b\"}\r\n0\r\n\r\n`);
  check(chunks.includes('{"tokens":['), "a body in chunks", chunks);
  const two = await server.raw("GET /health HTTP/1.1\r\n\r\nGET /health HTTP/1.1\r\nConnection: close\r\n\r\n");
  check(two.split('{"status":"ok"}').length === 3, "two requests at once", two);
  let seed = 7;
  const random = (n) => ((seed = (seed * 48271) % 2147483647), seed % n);
  const good = post("/v1/chat/completions", chat({ max_tokens: 1, stop: ["a"], response_format: { type: "json_object" } }));
  for (let wave = 0; wave < 20; ++wave) {
    await Promise.all([...Array(50).keys()].map(() => {
      const bytes = Buffer.from(good);
      for (let i = random(4); i >= 0; --i) bytes[random(bytes.length)] = random(256);
      return server.raw(bytes.subarray(0, random(3) ? bytes.length : random(bytes.length)), { closeAfter: 200 });
    }));
  }
  check((await server.json("/health")).status === 200, "health after 1000 broken requests");
});

await part("a client that goes away is noticed behind what it has sent of its next request", async () => {
  const before = server.log.length;
  const socket = net.connect(server.port, "127.0.0.1").on("error", () => {});
  socket.write(post("/v1/completions", endless({ max_tokens: 100000, n: 64 })));
  await eventually(() => server.busy(), "a slot in use");
  socket.write("GET ");
  await sleep(20);
  socket.destroy();
  const status = () => server.log.slice(before).match(/\/v1\/completions" (\d+)/)?.[1];
  await eventually(status, "a line of log");
  check(status() === "499", "the status that is logged", status());
});

await part("connections beyond the most are told so, or closed at once", async () => {
  const small = await start("--max-connections", "4");
  const before = small.usage().files;
  const sockets = [...Array(60).keys()].map(() => net.connect(small.port, "127.0.0.1").on("error", () => {}).resume());
  const open = () => sockets.filter((socket) => !socket.closed);
  await eventually(() => open().length === 4 + 16, "closed connections");
  check(small.usage().files <= before + 4 + 16, "open files", [before, small.usage().files]);
  open().slice(10).forEach((socket) => socket.destroy());
  await eventually(() => small.usage().files <= before + 10, "room");
  const full = await fetch(`${small.url}/health`);
  check(full.status === 503 && Number(full.headers.get("retry-after")) >= 1, "a refusal", full.status);
  open().forEach((socket) => socket.destroy());
  await eventually(async () => (await fetch(`${small.url}/health`)).status === 200, "health");
  check((await small.stop()).code === 0, "the end");
});

await part("a model's name that a URL can't hold as it is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ternion-serve-"));
  const file = join(folder, "50% été +1.gguf");
  copyFileSync(model, file);
  const named = await Server.start(program, ["-m", file]);
  const client = new OpenAI({ baseURL: `${named.url}/v1`, apiKey: "none", maxRetries: 0 });
  const [{ id }] = (await client.models.list()).data;
  check(id === "50% été +1" && (await client.models.retrieve(id)).id === id, "the same model", id);
  await named.stop();
  rmSync(folder, { recursive: true });
});

await part("keys and origins that no header could hold are refused", async () => {
  for (const [option, value] of [["--api-key", ""], ["--api-key", " a"], ["--api-key", "a\n"], ["--api-key", "é"], ["--cors", ""], ["--cors", "x\r\ny: z"]]) {
    const other = await start(option, value);
    check((await other.stop()).code === 1 && other.log.startsWith(`bitnet-2b4t: ${option}: expected `), "one line", [option, value, other.log]);
  }
});

await part("a port that is taken", async () => {
  const other = await Server.start(program, ["-m", model], server.port);
  const { code } = await other.exit;
  check(code === 1 && /can't listen on 127\.0\.0\.1 port \d+: Address already in use\n$/.test(other.log), "one line", other.log);
});

await part("a model's file that goes away, or is cut, while it is served", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ternion-serve-"));
  const file = join(folder, "model.gguf");
  const ask = (from) => from.json("/v1/completions", { prompt: "a", temperature: 0, max_tokens: 5, logprobs: 1 });
  copyFileSync(model, file);
  const kept = await Server.start(program, ["-m", file]);
  const text = (await ask(kept)).body.choices;
  unlinkSync(file);
  check(JSON.stringify((await ask(kept)).body.choices) === JSON.stringify(text), "the same text without a name");
  await kept.stop();
  copyFileSync(model, file);
  const cut = await Server.start(program, ["-m", file]);
  truncateSync(file, 1000);
  await ask(cut).catch(() => {});
  const end = await Promise.race([cut.exit, sleep(60000)]);
  check(end?.code === 1 && cut.log.endsWith(`bitnet-2b4t: ${file}: expected all of the file, found it truncated since\n`), "one line", [end, cut.log]);
  rmSync(folder, { recursive: true });
});

await part("a full queue", async () => {
  const small = await start("--parallel", "1", "--max-queue", "1", "--api-key", "secret", "--log-json");
  const ask = (key = "secret") => fetch(`${small.url}/v1/completions`, {
    method: "POST", headers: { Authorization: `Bearer ${key}` }, body: JSON.stringify(endless({ max_tokens: 150 })) });
  check((await ask("wrong")).status === 401, "a wrong key");
  const replies = await Promise.all([...Array(5).keys()].map(() => ask()));
  const full = replies.filter((reply) => reply.status === 429);
  check(replies.filter((reply) => reply.status === 200).length === 2 && full.length === 3, "two answers", replies.map((r) => r.status));
  check(Number(full[0]?.headers.get("retry-after")) >= 1, "Retry-After");
  check((await full[0]?.json())?.error.type === "rate_limit_error", "the error");
  const refused = [413, 400, 431];
  await small.raw("POST /v1/completions HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n");
  await small.raw("nonsense\r\n\r\n");
  await small.raw(`GET /v1/completions HTTP/1.1\r\nA: ${"a".repeat(20000)}\r\n\r\n`);
  check((await small.stop()).code === 0, "the end");
  const lines = small.log.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  check(lines.length === 9 && lines.every((line) => !("body" in line)), "a line a request", small.log);
  // An answer's line may come after those of requests that were refused meanwhile.
  const unread = lines.filter((line) => refused.includes(line.status));
  check(JSON.stringify(unread.map((line) => line.status)) === JSON.stringify(refused), "what is no request, too", small.log);
  check(lines.every((line) => line.status === 400 || line.status === 431 || line.path === "/v1/completions"), "its path, also where its body isn't read", small.log);
});

await part("SIGTERM lets answers end", async () => {
  const stream = await fetch(`${server.url}/v1/completions`, { method: "POST", body: JSON.stringify(endless({ stream: true, max_tokens: 300 })) });
  const reader = stream.body.getReader();
  await reader.read();
  server.process.kill("SIGTERM");
  await eventually(() => server.log.includes("\nending: "), "the end's beginning");
  await eventually(() => fetch(`${server.url}/health`).then(() => false, () => true), "no new connection");
  let text = "";
  for (let next; !(next = await reader.read()).done; ) text += Buffer.from(next.value).toString();
  check(text.endsWith("data: [DONE]\n\n"), "the stream's end", text.slice(-100));
  check((await server.exit).code === 0, "the exit status", await server.exit);
});

await part("SIGTERM lets a slow client have all of its answer", async () => {
  const slow = await start("--write-timeout", "20");
  const socket = net.connect(slow.port, "127.0.0.1").pause();
  socket.write(post("/tokenize", { content: "a ".repeat(1000000), with_pieces: true }));
  await eventually(() => slow.log.includes("/tokenize"), "a line of log");
  slow.process.kill("SIGTERM");
  await sleep(500); // in which a server that doesn't wait ends
  const parts = [];
  for await (const part of socket) parts.push(part);
  const reply = Buffer.concat(parts), head = reply.indexOf("\r\n\r\n") + 4;
  const length = Number(reply.subarray(0, head).toString().match(/Content-Length: (\d+)/)[1]);
  check(length > 1 << 24 && reply.length === head + length, "all of the answer", [head + length, reply.length]);
  check((await slow.exit).code === 0, "the exit status");
});
finish();
