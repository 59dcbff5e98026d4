// Measures a server under load, against the number of clients: node measure.mjs PROGRAM MODEL RESULTS.json [OPTION...]
// The options go to `bitnet-2b4t serve`. Everything runs in turns, in one process of the server; results are medians of rounds, and
// ratios to one client of the same round.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const [program, model, results, ...options] = process.argv.slice(2);
const clients = [1, 2, 4, 8, 16];
const rounds = Number(process.env.ROUNDS ?? 3);
const promptTokens = 32, textTokens = 64, sharedTokens = 384;

const server = spawn(program, ["serve", "-m", model, "--port", "0", "--parallel", "16", "--cache-mb", "2048", "--log-json", ...options],
  { stdio: ["ignore", "ignore", "pipe"] });
let log = "";
const port = await new Promise((resolve, reject) => {
  server.stderr.on("data", (data) => {
    log += data;
    const found = log.match(/listening on http:\/\/127\.0\.0\.1:(\d+)/);
    if (found) resolve(Number(found[1]));
  });
  server.on("exit", () => reject(new Error(log)));
});
const url = `http://127.0.0.1:${port}`;
const { n_vocab: vocabulary } = await (await fetch(`${url}/props`)).json();

let seed = 1;
const random = (n) => ((seed = (seed * 48271) % 2147483647), seed % n);
const tokens = (count) => [...Array(count)].map(() => random(Math.min(vocabulary, 120000)));
const memory = () => Number(readFileSync(`/proc/${server.pid}/status`, "utf8").match(/RssAnon:\s+(\d+)/)[1]) / 1024;
const median = (list) => quantile(list, 0.5);
const quantile = (list, share) => {
  const sorted = [...list].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  return sorted[Math.floor(at)] + (at % 1) * (sorted[Math.ceil(at)] - sorted[Math.floor(at)]);
};

/// Sends a request for a text of exactly so many tokens; says when its first and its last piece came.
async function ask(prompt, count = textTokens) {
  const begin = performance.now();
  const reply = await fetch(`${url}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({ prompt, max_tokens: count, temperature: 0, stream: true, stream_options: { include_usage: true },
      logit_bias: Object.fromEntries(stops.map((id) => [id, -100])) }),
  });
  if (reply.status !== 200) throw new Error(await reply.text());
  let first, text = "";
  for await (const part of reply.body) {
    first ??= performance.now();
    text += Buffer.from(part).toString();
  }
  const usage = JSON.parse(text.match(/data: (\{[^\n]*"usage"[^\n]*)\n/)[1]).usage;
  return { first: (first - begin) / 1e3, seconds: (performance.now() - begin) / 1e3, tokens: usage.completion_tokens, cached: usage.prompt_tokens_details.cached_tokens };
}

async function together(prompts) {
  const begin = performance.now();
  const replies = await Promise.all(prompts.map((prompt) => ask(prompt)));
  const seconds = (performance.now() - begin) / 1e3;
  return { rate: replies.reduce((sum, reply) => sum + reply.tokens, 0) / seconds, first: replies.map((reply) => reply.first), cached: replies.map((r) => r.cached) };
}

const stops = [];
for (const name of ["<|eot_id|>", "<|end_of_text|>"]) {
  const reply = await (await fetch(`${url}/tokenize`, { method: "POST", body: JSON.stringify({ content: name, parse_special: true }) })).json();
  if (reply.tokens?.length === 1) stops.push(reply.tokens[0]);
}
await ask(tokens(promptTokens), 8); // touches all memory

const cold = new Map(), warm = new Map();
const add = (map, n, value) => map.set(n, [...(map.get(n) ?? []), value]);
for (let round = 0; round < rounds; ++round) {
  for (const n of clients) {
    add(cold, n, await together([...Array(n)].map(() => tokens(promptTokens))));
    const shared = tokens(sharedTokens);
    await ask(shared, 1);
    add(warm, n, await together([...Array(n)].map(() => [...shared, ...tokens(promptTokens)])));
    process.stderr.write(`round ${round + 1}, ${n} clients: ${cold.get(n)[round].rate.toFixed(1)} tokens/s\n`);
  }
}
const before = memory();
const slots = await Promise.all([...Array(8)].map(() => ask(tokens(512), 2)));
const table = clients.map((n) => ({
  clients: n,
  throughput: median(cold.get(n).map((r, i) => r.rate / cold.get(1)[i].rate)),
  rate: median(cold.get(n).map((r) => r.rate)),
  first_p50: median(cold.get(n).map((r, i) => median(r.first) / median(cold.get(1)[i].first))),
  first_p95: median(cold.get(n).map((r, i) => quantile(r.first, 0.95) / median(cold.get(1)[i].first))),
  warm_first_p50: median(warm.get(n).map((r, i) => median(r.first) / median(cold.get(1)[i].first))),
  warm_first_p95: median(warm.get(n).map((r, i) => quantile(r.first, 0.95) / median(cold.get(1)[i].first))),
  cached: Math.min(...warm.get(n).flatMap((r) => r.cached)),
}));
const first = median(cold.get(1).map((r) => median(r.first)));
const shared_cold = await ask(tokens(sharedTokens + promptTokens), 1);
const summary = { prompt_tokens: promptTokens, text_tokens: textTokens, shared_tokens: sharedTokens, rounds, options, first_seconds: first,
  cold_long_first: shared_cold.first / first, memory_mb: before, table };
writeFileSync(results, JSON.stringify(summary, null, 2) + "\n");
console.table(table);
console.log(`one client: ${table[0].rate.toFixed(1)} tokens/s, first token after ${first.toFixed(3)} s; a prompt of ${sharedTokens + promptTokens} tokens that nobody had: ` +
  `${summary.cold_long_first.toFixed(2)} times as long; memory before and after eight prompts of 512 tokens: ${before.toFixed(0)} and ${memory().toFixed(0)} MB (${slots.length} slots)`);
server.kill("SIGTERM");
