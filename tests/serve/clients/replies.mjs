// What a server wrote on one connection, read as strictly as HTTP and OpenAI's protocol say.

/// The whole replies that these bytes begin with. Throws where they are none.
export function readReplies(bytes) {
  const replies = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf("\r\n\r\n", at);
    if (end < 0) return replies;
    const [line, ...lines] = bytes.subarray(at, end).toString("latin1").split("\r\n");
    const status = Number(line.match(/^HTTP\/1\.[01] ([1-5]\d\d) /)?.[1]);
    if (!status) throw new Error(`no status line: ${line.slice(0, 80)}`);
    const headers = Object.fromEntries(lines.map((one) => [one.slice(0, one.indexOf(":")).toLowerCase(), one.slice(one.indexOf(":") + 1).trim()]));
    const body = readBody(bytes, end + 4, headers);
    if (!body) return replies;
    at = body.end;
    if (status >= 200) replies.push({ status, headers, body: body.bytes });
  }
  return replies;
}

/// Null where it isn't whole.
function readBody(bytes, begin, headers) {
  if (headers["transfer-encoding"] === "chunked") return readChunks(bytes, begin);
  const end = begin + Number(headers["content-length"] ?? 0);
  return end <= bytes.length ? { bytes: bytes.subarray(begin, end), end } : null;
}

function readChunks(bytes, begin) {
  const parts = [];
  for (let at = begin; ; ) {
    const line = bytes.indexOf("\r\n", at);
    if (line < 0) return null;
    const size = parseInt(bytes.subarray(at, line).toString("latin1"), 16);
    if (!(size >= 0)) throw new Error("no size of a chunk");
    at = line + 2 + size + 2;
    if (at > bytes.length) return null;
    if (size === 0) return { bytes: Buffer.concat(parts), end: at };
    parts.push(bytes.subarray(line + 2, at - 2));
  }
}

const types = { 400: "invalid_request_error", 401: "authentication_error", 404: "invalid_request_error", 405: "invalid_request_error",
  413: "invalid_request_error", 429: "rate_limit_error", 431: "invalid_request_error", 503: "overloaded_error" };

/// Throws where an error doesn't have OpenAI's shape.
function checkError(error, status) {
  const members = Object.keys(error ?? {}).join();
  if (members !== "message,type,param,code") throw new Error(`an error with the members ${members}`);
  const { message, type, param, code } = error;
  if (typeof message !== "string" || message === "" || message.length > 400 || /[\n\r]/.test(message)) throw new Error(`a message: ${message}`);
  if (type !== (types[status] ?? type) || type === "server_error") throw new Error(`the type ${type} of ${status}`);
  for (const text of [param, code]) {
    if (text !== null && typeof text !== "string") throw new Error(`a param or code: ${text}`);
  }
}

function checkStream(text) {
  const events = text.split("\n\n");
  if (events.pop() !== "") throw new Error("a stream that ends within an event");
  const data = events.map((event) => {
    if (!event.startsWith("data: ")) throw new Error(`an event: ${event}`);
    return event.slice(6);
  });
  const last = data.pop();
  if (last !== "[DONE]") checkError(JSON.parse(last).error, 400);
  for (const event of data) {
    if (!Array.isArray(JSON.parse(event).choices)) throw new Error(`an event: ${event}`);
  }
}

/// Throws where a reply is none that the protocol has.
export function checkReply({ status, headers, body }) {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  const type = headers["content-type"];
  if (status >= 400) {
    if (type !== "application/json") throw new Error(`an error of the type ${type}`);
    const whole = JSON.parse(text);
    if (Object.keys(whole).join() !== "error") throw new Error(`an error with ${Object.keys(whole)}`);
    checkError(whole.error, status);
    if (status === 429 && !(Number(headers["retry-after"]) >= 1)) throw new Error("429 without Retry-After");
  } else if (type === "text/event-stream") {
    checkStream(text);
  } else if (type === "application/json") {
    JSON.parse(text);
  }
}
