// Mixed load on a server: node load.mjs PROGRAM MODEL [SECONDS] [CLIENTS]
// Streams, whole answers, conversations that go on, schemas, log-probabilities, vectors and clients that go away, more of them than there is
// room for. Each text must be the one that its request gets alone, and afterwards nothing may be left behind.
import { check, finish, part } from "./check.mjs";
import { Server, eventually, sleep } from "./server.mjs";

const [program, model, seconds = "120", clients = "24"] = process.argv.slice(2);
const server = await Server.start(program, ["-m", model, "-t", "2", "--parallel", "8", "--max-queue", "8", "--cache-mb", "4",
  "--pooling", "last"]);
if (!server.port) throw new Error(server.log);

let state = 1;
const random = (n) => ((state = (state * 48271) % 2147483647), state % n);
const system = { role: "system", content: "You answer in few words. ".repeat(6) };
const turn = (i) => (i % 2 ? { role: "assistant", content: `It is ${i}.` } : { role: "user", content: `What is ${i} + 3?` });
const turns = (count) => [system, ...[...Array(2 * count + 1).keys()].map(turn)];
const schema = {
  type: "object", required: ["name", "tags"],
  properties: { name: { type: "string", maxLength: 12 }, tags: { type: "array", items: { enum: ["a", "b"] }, maxItems: 3 } },
};
const format = { type: "json_schema", json_schema: { name: "x", schema } };

const range = (count) => [...Array(count).keys()];
const chat = (name, more) => ({ name, path: "/v1/chat/completions", body: { messages: turns(0), max_tokens: 60, ...more } });
const completion = (prompt, more) => ({ name: "completion", path: "/v1/completions", body: { prompt, max_tokens: 50, ...more } });
const vectors = (input) => ({ name: "vectors", path: "/v1/embeddings", body: { input } });
const requests = [
  ...range(6).map((i) => chat("conversation", { messages: turns(i), temperature: 0 })),
  ...range(6).map((i) => chat("drawn text", { seed: i, temperature: 1, top_k: i % 2 ? 0 : 40, min_p: 0.1 })),
  ...range(4).map((i) => chat("schema", { seed: i, temperature: i % 2, max_tokens: 120, response_format: format })),
  ...range(2).map((i) => chat("several texts", { seed: i, n: 3, temperature: 1, stop: ["\n"] })),
  chat("log-probabilities", { seed: 5, temperature: 1, logprobs: true, top_logprobs: 3 }),
  chat("penalties", { seed: 6, temperature: 1, frequency_penalty: 1, presence_penalty: 0.5, repeat_penalty: 1.2 }),
  ...range(4).map((i) => completion("word ".repeat(1 + 30 * i), { seed: i, temperature: i % 2 })),
  ...range(3).map((i) => vectors(["one ".repeat(1 + 20 * i), "two"])),
];

const post = (path, body, signal) => fetch(server.url + path, { method: "POST", body: JSON.stringify(body), signal });
/// All that a client sees of the model: texts, ends, probabilities, vectors.
const seen = (reply) => JSON.stringify(reply.data ?? reply.choices);

async function whole(request) {
  const reply = await post(request.path, request.body);
  return reply.status === 429 ? null : seen(await reply.json());
}

/// The text of each choice, put together from a stream.
async function streamed(request) {
  const reply = await post(request.path, { ...request.body, stream: true });
  if (reply.status === 429) return null;
  const texts = [];
  for (const line of (await reply.text()).split("\n\n")) {
    if (!line.startsWith("data: {")) continue;
    for (const { index, delta, text } of JSON.parse(line.slice(6)).choices)
      texts[index] = (texts[index] ?? "") + (text ?? delta.content ?? "");
  }
  return JSON.stringify(texts);
}

async function abort(request) {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), random(40));
  const body = { ...request.body, stream: random(2) === 0, max_tokens: 400 };
  await post(request.path, body, controller.signal).then((reply) => reply.text()).catch(() => {});
  return "gone";
}

const alone = new Map();
await part("alone", async () => {
  for (const request of requests) {
    const text = await whole(request);
    const texts = JSON.parse(text).map((choice) => choice.message?.content ?? choice.text);
    alone.set(request, { whole: text, streamed: JSON.stringify(texts) });
  }
});
const before = server.usage();

const counts = {};
const count = (name) => (counts[name] = (counts[name] ?? 0) + 1);
async function client(end) {
  while (Date.now() < end && server.process.exitCode === null) {
    const request = requests[random(requests.length)];
    const stream = random(2) === 0 && request.name !== "vectors";
    const leaves = random(6) === 0;
    const text = await (leaves ? abort : stream ? streamed : whole)(request);
    count(leaves ? "aborted" : text === null ? "refused by 429" : stream ? `${request.name}, streamed` : request.name);
    if (text === null) await sleep(random(50));
    else if (!leaves) check(text === alone.get(request)[stream ? "streamed" : "whole"], `${request.name}: the text that it has alone`, text);
  }
}

let settled = before;
await part(`${seconds} seconds of mixed load`, async () => {
  const end = Date.now() + 1000 * Number(seconds);
  setTimeout(() => (settled = server.usage()), 250 * Number(seconds));
  await Promise.all([...Array(Number(clients))].map(() => client(end)));
});
console.table(counts);
for (const name of new Set([...requests.map((request) => request.name), "aborted", "refused by 429"]))
  check(counts[name] > 0, `some of: ${name}`);

await part("nothing is left", async () => {
  await eventually(async () => (await server.busy()) === 0, "free slots");
  await eventually(() => server.usage().files <= before.files + 2, "closed connections");
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const metric = (name) => Number(metrics.match(new RegExp(`^bitnet_${name} (.*)$`, "m"))[1]);
  check(metric("queued") === 0, "an empty queue");
  check(metric("cached_tokens_total") > 0, "cached prompts");
  check(metric("prefix_cache_bytes") <= 4 << 20, "the cache's bound", metric("prefix_cache_bytes"));
  check(/reason="failed"} 0\n/.test(metrics), "no failure of the server's own", metrics);
  const after = server.usage();
  const memory = [before, settled, after].map((usage) => Math.round(usage.memory));
  check(after.threads === before.threads, "threads", [before.threads, after.threads]);
  check(memory[2] < memory[1] + 32, "memory in MB", memory);
  console.log(`memory alone, after a quarter and at the end: ${memory.join(", ")} MB; `
    + `${metric("generated_tokens_total")} tokens written, ${metric("cached_tokens_total")} of ${metric("prompt_tokens_total")} of prompts cached`);
});
const end = await server.stop();
check(end.code === 0, "the exit status", end);
finish();
