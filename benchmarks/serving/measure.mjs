// Measures a server under load, against the number of clients: node measure.mjs PROGRAM MODEL RESULTS.json [OPTION...]
// The options go to `bitnet-2b4t serve`. Everything runs in turns, in one process of the server; results are medians of rounds, and
// ratios to one client of the same round. ROUNDS says how many (3), MINUTES after how many none begins that would end later (12).
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const [program, model, results, ...options] = process.argv.slice(2);
const clients = [1, 2, 4, 8, 16];
const mostRounds = Number(process.env.ROUNDS ?? 3), mostMinutes = Number(process.env.MINUTES ?? 12);
const promptTokens = 32, textTokens = 64, sharedTokens = 384;
const started = performance.now();
const minutes = () => (performance.now() - started) / 6e4;

const server = spawn(program, ["serve", "-m", model, "--port", "0", "--parallel", "16", "--cache-mb", "3072", "--log-json", ...options],
  { stdio: ["ignore", "ignore", "pipe"] });
process.on("exit", () => server.kill("SIGKILL"));
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
const get = async (path) => (await fetch(url + path)).json();
const post = (path, body) => fetch(url + path, { method: "POST", body: JSON.stringify(body) });
const { n_vocab: vocabulary } = await get("/props");

let seed = 1;
const random = (n) => ((seed = (seed * 48271) % 2147483647), seed % n);
const tokens = (count) => [...Array(count)].map(() => random(Math.min(vocabulary, 120000)));
const several = (count, make) => [...Array(count)].map(make);
const megabytes = () => Number(readFileSync(`/proc/${server.pid}/status`, "utf8").match(/RssAnon:\s+(\d+)/)[1]) / 1024;
const quantile = (list, share) => {
  const sorted = [...list].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  return sorted[Math.floor(at)] + (at % 1) * (sorted[Math.ceil(at)] - sorted[Math.floor(at)]);
};
const median = (list) => quantile(list, 0.5);

const stops = [];
for (const name of ["<|eot_id|>", "<|end_of_text|>"]) {
  const reply = await (await post("/tokenize", { content: name, parse_special: true })).json();
  if (reply.tokens?.length === 1) stops.push(reply.tokens[0]);
}
const endless = Object.fromEntries(stops.map((id) => [id, -100]));

/// Sends a request for a text of exactly so many tokens; says when its first and its last piece came.
async function ask(prompt, count = textTokens) {
  const begin = performance.now();
  const usage = { stream: true, stream_options: { include_usage: true } };
  const reply = await post("/v1/completions", { prompt, max_tokens: count, temperature: 0, logit_bias: endless, ...usage });
  if (reply.status !== 200) throw new Error(await reply.text());
  let first, text = "";
  for await (const part of reply.body) {
    first ??= performance.now();
    text += Buffer.from(part).toString();
  }
  const used = JSON.parse(text.match(/data: (\{[^\n]*"usage"[^\n]*)\n/)[1]).usage;
  return { first: (first - begin) / 1e3, tokens: used.completion_tokens, cached: used.prompt_tokens_details.cached_tokens };
}

async function together(prompts) {
  const begin = performance.now();
  const replies = await Promise.all(prompts.map((prompt) => ask(prompt)));
  const seconds = (performance.now() - begin) / 1e3;
  const rate = replies.reduce((sum, reply) => sum + reply.tokens, 0) / seconds;
  return { rate, first: replies.map((reply) => reply.first), cached: replies.map((reply) => reply.cached) };
}

/// What a slot takes with so many tokens: of the process's memory, and of the KV cache alone.
async function slotMemory(slots, count) {
  const before = megabytes();
  const replies = Promise.all(several(slots, () => ask(tokens(count), 1)));
  let cache = 0;
  for (let done = false; !done; ) {
    done = await Promise.race([replies.then(() => true), new Promise((resolve) => setTimeout(resolve, 20, false))]);
    cache = Math.max(cache, ...(await get("/slots")).map((slot) => slot.cache_bytes));
  }
  return { tokens: count, process_mb: (megabytes() - before) / slots, kv_cache_mb: cache / 2 ** 20 };
}

await ask(tokens(promptTokens), 8); // touches all weights
await Promise.all(several(16, () => ask(tokens(1), 2))); // and what each slot has of its own
const slot = await slotMemory(4, 256);

const fresh = new Map(), cached = new Map();
const add = (map, n, value) => map.set(n, [...(map.get(n) ?? []), value]);
let rounds = 0;
while (rounds < mostRounds && (rounds === 0 || (minutes() * (rounds + 1)) / rounds < mostMinutes)) {
  for (const n of clients) {
    add(fresh, n, await together(several(n, () => tokens(promptTokens))));
    const shared = tokens(sharedTokens);
    await ask(shared, 1);
    add(cached, n, await together(several(n, () => [...shared, ...tokens(promptTokens)])));
    process.stderr.write(`round ${rounds + 1}, ${n} clients: ${fresh.get(n)[rounds].rate.toFixed(1)} tokens/s\n`);
  }
  ++rounds;
}
const long = await ask(tokens(sharedTokens + promptTokens), 1);

/// Medians of the rounds' ratios to one client with fresh prompts.
const ratio = (map, n, value) => median(map.get(n).map((run, round) => value(run) / value(fresh.get(1)[round])));
const first = (share) => (run) => quantile(run.first, share);
const table = clients.map((n) => ({
  clients: n,
  rate: median(fresh.get(n).map((run) => run.rate)),
  throughput: ratio(fresh, n, (run) => run.rate),
  first_p50: ratio(fresh, n, first(0.5)),
  first_p95: ratio(fresh, n, first(0.95)),
  warm_throughput: ratio(cached, n, (run) => run.rate),
  warm_first_p50: ratio(cached, n, first(0.5)),
  warm_first_p95: ratio(cached, n, first(0.95)),
  cached: Math.min(...cached.get(n).flatMap((run) => run.cached)),
}));
const firstSeconds = median(fresh.get(1).map(first(0.5)));
const summary = { prompt_tokens: promptTokens, text_tokens: textTokens, shared_tokens: sharedTokens, rounds, options,
  first_seconds: firstSeconds, cold_long_first: long.first / firstSeconds, slot, table };
writeFileSync(results, JSON.stringify(summary, null, 2) + "\n");

console.log("| clients | tokens/s of all | first token, median | 95 % | cached: tokens/s of all | first token, median | 95 % |");
console.log("|---|---|---|---|---|---|---|");
for (const row of table) {
  const columns = [row.throughput, row.first_p50, row.first_p95, row.warm_throughput, row.warm_first_p50, row.warm_first_p95];
  console.log(`| ${row.clients} | ${columns.map((value) => value.toFixed(2)).join(" | ")} |`);
}
console.log(`
${rounds} rounds in ${minutes().toFixed(1)} minutes. One client: ${table[0].rate.toFixed(1)} tokens/s, first token after ${firstSeconds.toFixed(3)} s.
A prompt of ${sharedTokens + promptTokens} tokens of which nothing is cached: ${summary.cold_long_first.toFixed(2)} times as long.
A slot with ${slot.tokens} tokens: ${slot.process_mb.toFixed(1)} MB, ${slot.kv_cache_mb.toFixed(1)} of them its KV cache.`);
server.kill("SIGTERM");
