// Requests that no honest client sends. Each is made from its number alone, so that it can be made again.
import * as made from "./hostile_values.mjs";

export const key = "a-key-of-the-tests";

const texts = ["/v1/chat/completions", "/v1/completions"];
const posts = [...texts, "/v1/embeddings", "/tokenize", "/detokenize"];
const refused = [400, 404, 405, 413, 431];

function randomNumbers(seed) {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}
const pick = (random, list) => list[random(list.length)];
const bytesOf = (random, count) => Buffer.from([...Array(count)].map(() => random(256)));
const latin1 = (text) => Buffer.from(text, "latin1");

/// `body` is an object, a text, or bytes.
function post(path, body, { authorization = `Authorization: Bearer ${key}`, length } = {}) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const head = [`POST ${path} HTTP/1.1`, "Host: x", ...(authorization ? [authorization] : []), `Content-Length: ${length ?? bytes.length}`];
  return Buffer.concat([latin1(`${head.join("\r\n")}\r\n\r\n`), bytes]);
}

/// A body that is right, and takes little.
function goodBody(path, random) {
  const common = { max_tokens: 1 + random(6), temperature: random(2), seed: random(9), stream: random(3) === 0, n: 1 + random(2) };
  if (path === "/v1/chat/completions") return { messages: [{ role: "user", content: "Who are you?" }], ...common };
  if (path === "/v1/completions") return { prompt: "User: hi", ...common };
  if (path === "/v1/embeddings") return { input: ["one", "two"] };
  return path === "/tokenize" ? { content: "a b c", with_pieces: true } : { tokens: [65, 66, 67] };
}
function good(random) {
  const path = pick(random, posts);
  return post(path, goodBody(path, random));
}

/// A schema of random shape, sometimes of one that costs much.
function schema(random, depth = 0) {
  if (depth > 5) return { $ref: "#" };
  const inner = () => schema(random, depth + 1);
  const members = () => Object.fromEntries([...Array(random(30))].map((_, i) => [`p${i}`, i < 3 ? inner() : { type: "integer" }]));
  return pick(random, [
    () => ({ type: "array", items: { anyOf: [inner(), inner(), { $ref: "#" }] } }),
    () => ({ type: "object", properties: members(), required: pick(random, [[], ["p0"], "p0", [1], ["p0", "p0"]]) }),
    () => ({ type: "string", minLength: pick(random, [0, 1, 100000, -1, 1e9]), maxLength: pick(random, [0, 5, 100000, "x"]) }),
    () => ({ enum: [...Array(pick(random, [0, 3, 500, 1001]))].map((_, i) => `value ${i}`) }),
    () => ({ const: pick(random, [1e308, "\u0000", "x".repeat(3000), null, {}, [[[]]]]) }),
    () => ({ anyOf: [...Array(pick(random, [0, 2, 60]))].map((_, i) => ({ type: "string", maxLength: i })) }),
    () => ({ $ref: pick(random, ["#", "#/$defs/a", "#/$defs/none", "", "http://example.org/", 3]) }),
    () => pick(random, made.values),
    () => ({ type: pick(random, made.values) }),
    () => ({ pattern: "(a+)+$" }),
    () => ({ type: ["string", "null", "integer"] }),
    () => true,
  ])();
}

function withSchema(random, schema, more) {
  const response_format = { type: "json_schema", json_schema: { name: "x", schema } };
  return { prompt: "a", messages: [{ role: "user", content: "a" }], temperature: random(2), stream: random(2) === 0, response_format, ...more };
}
const likelier = { "[": { 91: 100 }, "\"": { 34: 100 } }; // tokens of the model that is shipped

/// Formats that a text of this kind can be read in very many ways by.
const costly = [
  (random) => withSchema(random, { type: "array", items: { anyOf: [{ $ref: "#" }, { $ref: "#" }] } }, { max_tokens: 60, logit_bias: likelier["["] }),
  (random) => withSchema(random, { anyOf: [...Array(100)].map((_, i) => ({ type: "string", maxLength: i })) }, { max_tokens: 2, top_k: 0 }),
];

/// What is asked: bytes in parts, and what is different about it:
/// statuses: all that are right; replies: how many come (1); gap: milliseconds between the parts; leave: milliseconds after which the client
/// goes away; deaf: it reads only just before.
const kinds = {
  noise: (random) => ({ parts: [bytesOf(random, 1 + random(400)), latin1("\r\n\r\n")], statuses: refused }),
  lines: (random) => ({ parts: [latin1(`${pick(random, made.lines)}\r\n\r\n`)], statuses: [...refused, 200, 401] }),
  headers: (random) => ({ parts: [latin1(`GET /health HTTP/1.1\r\n${pick(random, made.headers)}\r\n\r\n`)], statuses: [...refused, 200, 401] }),
  lengths: (random) => ({
    parts: [post(texts[1], goodBody(texts[1], random), { length: pick(random, made.lengths) })], statuses: [...refused, 200, 429],
  }),
  chunks: (random) => {
    const head = `POST /tokenize HTTP/1.1\r\nAuthorization: Bearer ${key}\r\n${pick(random, ["", "Content-Length: 5\r\n"])}Transfer-Encoding: chunked`;
    return { parts: [latin1(`${head}\r\n\r\n${pick(random, made.chunks)}`)], statuses: [...refused, 200] };
  },
  half: (random) => {
    const bytes = good(random);
    return { parts: [bytes.subarray(0, 1 + random(bytes.length - 1))], leave: pick(random, [1, 20, 200, 3000]) };
  },
  mutated: (random) => {
    const bytes = good(random);
    for (let i = random(5); i >= 0; --i) bytes[random(bytes.length)] = random(256);
    return { parts: [bytes], statuses: [...refused, 200, 401, 429] };
  },
  notJson: (random) => ({ parts: [post(pick(random, posts), pick(random, made.notJson))], statuses: [400] }),
  deep: (random) => {
    const depth = pick(random, [99, 100, 101, 1000, 100000]), [open, close] = pick(random, [["[", "]"], ["{\"a\":", "}"]]);
    const body = `{"prompt":${open.repeat(depth)}${pick(random, ["", "1"])}${close.repeat(depth)}}`;
    return { parts: [post(pick(random, posts), body)], statuses: [400, 413] };
  },
  fields: (random) => {
    const path = pick(random, posts), body = goodBody(path, random);
    for (let i = random(3); i >= 0; --i) body[pick(random, made.fields)] = pick(random, made.values);
    return { parts: [post(path, body)], statuses: [200, 400, 429] };
  },
  numbers: (random) => {
    const member = `"${pick(random, made.numberFields)}":${pick(random, made.numbers)}`;
    const body = `{"prompt":"a","messages":[{"role":"user","content":"a"}],"max_tokens":2,${member}}`;
    return { parts: [post(pick(random, texts), body)], statuses: [200, 400, 429] };
  },
  utf8: (random) => {
    const members = '"messages":[{"role":"user","content":"x"}],"tokens":[1],"input":"x","content":"x","stop":"b","prompt":"a';
    const end = random(10) ? pick(random, made.ends) : bytesOf(random, 30);
    const body = Buffer.concat([Buffer.from(`{"max_tokens":2,${members}`), end, Buffer.from('"}')]);
    return { parts: [post(pick(random, posts), body)], statuses: [200, 400, 429] };
  },
  large: (random) => ({ parts: [post(pick(random, posts), pick(random, made.large))], statuses: [200, 400, 413, 429] }),
  schemas: (random) => {
    const some = { ...Object(schema(random)), $defs: { a: schema(random, 3) } };
    const choice = { max_tokens: 1 + random(12), top_k: pick(random, [0, 1, 40]), logit_bias: pick(random, [{}, ...Object.values(likelier)]) };
    return { parts: [post(pick(random, texts), withSchema(random, some, choice))], statuses: [200, 400, 429] };
  },
  costly: (random) => ({ parts: [post(pick(random, texts), pick(random, costly)(random))], statuses: [200, 429] }),
  keys: (random) => ({
    parts: [post(pick(random, posts), { prompt: "a" }, { authorization: pick(random, made.authorizations(key)) })], statuses: [400, 401, 431],
  }),
  paths: (random) => ({
    parts: [Buffer.from(`${pick(random, ["GET", "POST", "PUT"])} ${pick(random, made.paths)} HTTP/1.1\r\nContent-Length: 0\r\n\r\n`)],
    statuses: [...refused, 200, 401],
  }),
  pipelines: (random) => {
    const parts = [...Array(2 + random(6))].map(() => good(random));
    return { parts: [Buffer.concat(parts)], replies: parts.length, statuses: [200, 429] };
  },
  behind: (random) => ({ parts: [Buffer.concat([good(random), latin1("nonsense\r\n\r\n"), good(random)])], replies: 2, statuses: [200, 400, 429] }),
  aborts: (random) => {
    const choice = { stream: random(2) === 0, max_tokens: 400, temperature: 2, n: 1 + random(3) };
    const body = { prompt: "User: ", messages: [{ role: "user", content: "hi" }], ...choice };
    return { parts: [post(pick(random, texts), body)], leave: random(60) };
  },
  deaf: (random) => ({ parts: [post("/tokenize", { content: "a ".repeat(40000), with_pieces: true })], deaf: true, leave: pick(random, [100, 2500]) }),
  drip: (random) => {
    const parts = good(random).toString("latin1").match(/[^]{1,40}/g).map(latin1);
    return { parts, gap: pick(random, [1, 300]), statuses: [200, 400, 429] };
  },
};
const names = Object.keys(kinds);

export function hostileRequest(number, seed) {
  const kind = names[number % names.length];
  return { kind, replies: 1, ...kinds[kind](randomNumbers(seed * 1000003 + number)) };
}
