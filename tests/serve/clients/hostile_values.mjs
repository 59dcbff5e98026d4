// What the hostile requests are made of.
import { Buffer } from "node:buffer";

/// Values of members, right and wrong ones.
export const values = [
  null, true, false, 0, -1, 1, 2, 1.5, -0.0, 1e308, -1e308, 5e-324, 2 ** 31, -(2 ** 31), 2 ** 53, 1e19, -1e19,
  "", "x", "\u0000", "\ud83d\ude00", "<|eot_id|>", "x".repeat(5000),
  [], [[]], [null], [1], [-1], [1e9], [""], ["x", 1], [{}], {}, { "": {} }, { a: { b: [] } }, { type: "text" }, { type: "json_object" },
  { 5: 100 }, { 5: "x" }, { "-1": 1 }, { 99999999: 1 }, [{ role: "user" }], [{ role: 1, content: "x" }], [{ role: "assistant", content: "x" }],
  [{ role: "user", content: [{ type: "text" }] }], [{ role: "user", content: [{ type: "text", text: 1 }] }],
  [{ role: "system", content: "" }, { role: "user", content: "\ufffe" }],
];

/// Numbers as JSON may or may not write them.
export const numbers = [
  "1e400", "-1e400", "1e-400", "9".repeat(400), "-0", "0.0000000000000000000001", "18446744073709551616", "-9223372036854775809",
  "9223372036854775807", "1E5", "1e308", "2147483648", "0.1e1", "[1e308]",
];

export const numberFields = [
  "max_tokens", "max_completion_tokens", "temperature", "top_p", "min_p", "top_k", "repeat_penalty", "repeat_last_n", "frequency_penalty",
  "presence_penalty", "seed", "n", "logprobs", "top_logprobs", "best_of",
];

export const fields = [
  ...numberFields, "messages", "prompt", "input", "content", "tokens", "model", "stop", "logit_bias", "stream", "stream_options", "response_format",
  "tools", "functions", "audio", "modalities", "prediction", "web_search_options", "echo", "suffix", "dimensions", "encoding_format", "user",
  "add_special", "parse_special", "with_pieces", "timings", "__proto__", "",
];

export const paths = [
  "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%5c..%5cwindows", "/page.js/../../x", "//", "///health", "/health/", "/health/../slots",
  "/HEALTH", "/health%00", "/v1", "/v1/", "/v1//models", "/v1/models/", "/v1/models/../../slots", "/v1/models/%73mall", "/v1/models/small/",
  `/v1/models/${"a".repeat(3000)}`, "/.git/config", "/index.html/..", "/?../../etc/passwd", "/slots?key=x", "*", "http://127.0.0.1/health",
  "http://example.org/", "example.org:443", "/\u00e9", `/${"a/".repeat(2000)}`, "/~root", "/favicon.ico", "/health#x", "/%", "/%zz", "file:///etc/passwd",
];

export const lines = [
  "GET  / HTTP/1.1", "GET /", "get / HTTP/1.1", "GET / HTTP/1.2", "GET / HTTP/0.9", "GET / HTTP/2.0", "GET / http/1.1", "GET / HTTP/1.1 x",
  " GET / HTTP/1.1", "G\u0000T / HTTP/1.1", "BREW / HTTP/1.1", "TRACE / HTTP/1.1", "CONNECT a:1 HTTP/1.1", "PRI * HTTP/2.0\r\n\r\nSM",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET\t/\tHTTP/1.1", "\r\nGET /health HTTP/1.1", "DELETE /health HTTP/1.1",
  `${"A".repeat(3000)} / HTTP/1.1`, "GET /health\u0000 HTTP/1.1",
];

export const headers = [
  "no colon", ": empty", "A : b", "A:\u0000", "A: \xff\xfe", " folded: x", "A: b\r\n c", "A: b\nB: c", "A: b\rB: c", `A: ${"x".repeat(20000)}`,
  "A: b\r\n".repeat(3000).trimEnd(), `${"N".repeat(9000)}: x`, "Host: a\r\nHost: b", "Connection: upgrade\r\nUpgrade: websocket",
  "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__", "Expect: the unexpected", `Authorization: Bearer ${"k".repeat(12000)}`, "Range: bytes=0-1,5-",
  "Content-Length: 0\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, identity",
  `Content-Type: ${"a/b;".repeat(2000)}`,
];

export const lengths = [
  "-1", "+5", "0x10", "1e3", "5, 5", "5\r\nContent-Length: 6", "99999999999999999999", "18446744073709551615", "300000", "4294967296", "", " ", "0",
  "1", "3",
];

export const chunks = [
  "zz\r\n", "-1\r\nx", "ffffffffffffffff\r\nx", "5\r\n{\"con\r\n", "5\r\nabcdefgh", `5;${"e=1;".repeat(6000)}\r\n`, "0\r\nA: b\r\n\r\n", "0\r\n\r\n",
  "11\r\n{\"content\": \"ab\"}\r\n0\r\n\r\n", `${"1\r\n{\r\n".repeat(3000)}0\r\n\r\n`, "7fffffffffffffff\r\n{}", "\r\n\r\n",
  "5 \r\nabcde\r\n0\r\n\r\n",
];

export const notJson = [
  "", " ", "{", "}", "[]", "1", "null", "\"x\"", "{\"a\"}", "{\"a\":}", "{a:1}", "{'a':1}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":NaN}",
  "{\"a\":Infinity}", "{\"a\":1e999}", "{\"a\":.5}", "{\"a\":\"\n\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\ud800\"}", "{\"a\":1}{}",
  "{\"a\":1}x", "/*x*/{}", "{\"a\":tru}", "\u0000", "prompt=x&n=1", "<xml/>", "{\"a\":\"\u0000\"}",
];

/// Ends of a text within JSON.
export const ends = [
  [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0xef, 0xbb, 0xbf], "\\u0000", "\\uffff", "\u202e", "a\u0301".repeat(300),
].map((end) => Buffer.from(end));

const numbered = (count, prefix, value) => Object.fromEntries([...Array(count)].map((_, i) => [`${prefix}${i}`, value]));

/// Bodies of which there is too much.
export const large = [
  { prompt: Array(256).fill("a"), n: 128 }, { prompt: Array(5000).fill("a") }, { prompt: "a ".repeat(50000) }, { prompt: "x".repeat(400000) },
  { prompt: "a", n: 128, max_tokens: 1 }, { prompt: "a", max_tokens: 2, stop: Array(16).fill("x".repeat(10000)) }, { input: Array(256).fill([1]) },
  { content: "a".repeat(100000) }, { tokens: Array(20000).fill(1) }, { tokens: Array(1000).fill(2 ** 31) },
  { messages: Array(5000).fill({ role: "user", content: "" }) }, numbered(8000, "k", 0), { prompt: "a", logit_bias: numbered(2000, "", 1) },
];

export const authorizations = (key) => [
  "", "Authorization:", "Authorization: Bearer", "Authorization: Bearer ", `Authorization: ${key}`, `Authorization: Basic ${key}`,
  `Authorization: Bearer ${key.slice(1)}`, `Authorization: Bearer ${key}x`, `Authorization: Bearer ${key.toUpperCase()}`,
  `Authorization: Bearer x\r\nX-Authorization: Bearer ${key}`, "Authorization: Bearer \xff\xfe", `Authorization: Bearer ${"x".repeat(10000)}`,
  `X-Api-Key: ${key}`, `Cookie: Authorization=Bearer ${key}`,
];
