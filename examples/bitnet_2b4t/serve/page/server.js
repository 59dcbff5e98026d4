// The server's answers: what it runs, and the text of a chat as it comes.

const headers = (key) => (key ? { Authorization: `Bearer ${key}` } : {});

// OpenAI's error object has the reason; a proxy between may answer with anything.
async function failure(response) {
  const text = await response.text();
  try {
    return new Error(JSON.parse(text).error.message);
  } catch {
    return new Error(`the server answered ${response.status}: ${text.slice(0, 200)}`);
  }
}

async function get(path, key) {
  const response = await fetch(path, { headers: headers(key) });
  if (!response.ok) throw await failure(response);
  return response.json();
}

// The model's name, and how many tokens a conversation may have.
export async function describe(key) {
  const [models, props] = await Promise.all([get("v1/models", key), get("props", key)]);
  return { name: models.data[0].id, context: props.n_ctx ?? 0 };
}

// The data of server-sent events, one after the other; an event may come in several pieces, a piece may have several.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const whole = text.split(/\r?\n\r?\n/);
    text = whole.pop();
    for (const event of whole) {
      const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:"));
      if (data.length > 0) yield data.map((line) => line.slice(5).trimStart()).join("\n");
    }
  }
}

// Yields { text }, then { reason }, then { usage, timings }. `signal` ends it: the server sees the connection close and stops.
export async function* chat(request, key, signal) {
  const body = JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } });
  const response = await fetch("v1/chat/completions", {
    method: "POST", headers: { "Content-Type": "application/json", ...headers(key) }, body, signal,
  });
  if (!response.ok) throw await failure(response);
  let ended = false;
  for await (const data of events(response.body)) {
    if (data === "[DONE]") { ended = true; break; }
    const part = JSON.parse(data);
    if (part.error) throw new Error(part.error.message);
    const choice = part.choices?.[0];
    if (choice?.delta?.content) yield { text: choice.delta.content };
    if (choice?.finish_reason) yield { reason: choice.finish_reason };
    if (part.usage) yield { usage: part.usage, timings: part.timings };
  }
  if (!ended) throw new Error("the connection ended before the answer did");
}
