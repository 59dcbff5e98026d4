// Sends a server thousands of requests that no honest client sends: node hostile.mjs PROGRAM MODEL [COUNT] [SEED]
// Each gets OpenAI's error, an answer or a closed connection; none an error of the server's own; and afterwards the server is what it was:
// same texts, no slot, thread, connection or memory taken. FROM=n begins at a number, as what went wrong is told; WORKERS=1 sends one by one.
import net from "node:net";

import { check, finish, part } from "./check.mjs";
import { hostileRequest, key } from "./hostile_requests.mjs";
import { checkReply, readReplies } from "./replies.mjs";
import { Server, eventually, sleep } from "./server.mjs";

const [program, model, count = "400", seed = "1"] = process.argv.slice(2);
const first = Number(process.env.FROM ?? 0), last = first + Number(count);
const workers = Number(process.env.WORKERS ?? 24);
const mostMemory = Number(process.env.MEMORY_MB ?? 96); // more than before

const server = await Server.start(program, ["-m", model, "-t", "2", "--parallel", "4", "--max-queue", "60", "--read-timeout", "2",
  "--write-timeout", "2", "--max-body-kb", "256", "--cache-mb", "8", "--api-key", key, "--cors", "*", "--pooling", "last", "--timeout", "60"]);
server.headers = { Authorization: `Bearer ${key}` };
if (!server.port) throw new Error(server.log);

/// Sends a request as it says; resolves to the replies and whether the server closed the connection.
function converse({ parts, gap = 0, replies, leave, deaf }) {
  return new Promise((resolve) => {
    const socket = net.connect(server.port, "127.0.0.1");
    let bytes = [], size = 0, read = [], problem, closed = false, looking;
    const look = () => {
      looking = undefined;
      bytes = [Buffer.concat(bytes)];
      try {
        read = readReplies(bytes[0]);
      } catch (error) {
        problem = error;
      }
    };
    const end = () => {
      clearTimeout(timer), clearTimeout(looking);
      socket.destroy();
      look();
      resolve({ replies: read, problem, closed });
    };
    const timer = setTimeout(end, leave ?? 120000); // who hasn't got an answer then gets none
    socket.on("data", (data) => {
      bytes.push(data);
      size += data.length;
      looking ??= setTimeout(() => (look(), (problem || read.length >= replies) && end()), 2 + size / 10000); // a long one not for each part
    });
    socket.on("error", () => {});
    socket.on("close", () => ((closed = true), end()));
    if (deaf) socket.pause(), setTimeout(() => socket.resume(), leave - 50);
    (async () => {
      for (const one of parts) {
        if (!socket.destroyed) socket.write(one);
        if (gap) await sleep(gap);
      }
    })();
  });
}

const seen = {}; // how often each kind had each status
async function send(number) {
  const request = hostileRequest(number, Number(seed));
  const told = (what) => `request ${number}, ${request.kind} (${what}): ${Buffer.concat(request.parts).subarray(0, 300).toString("latin1")}`;
  const { replies, problem, closed } = await converse(request);
  check(!problem, told(problem));
  check(replies.length > 0 || closed || request.leave !== undefined, told("no answer"));
  if (replies.length === 0) note(request.kind, closed ? "closed" : "left");
  for (const reply of replies) {
    note(request.kind, reply.status);
    check(!request.statuses || request.statuses.includes(reply.status), told(`status ${reply.status}: ${reply.body.subarray(0, 200)}`));
    try {
      checkReply(reply);
    } catch (error) {
      check(false, told(error.message));
    }
  }
}
function note(kind, status) {
  const of = (seen[kind] ??= {});
  of[status] = (of[status] ?? 0) + 1;
}

const question = { messages: [{ role: "user", content: "What is 123 + 45?" }], temperature: 0 };
const ask = async () => JSON.stringify((await server.json("/v1/chat/completions", question)).body.choices);
const text = await ask();
check(text.includes("168"), "the usual text", text);
await server.json("/v1/completions", { prompt: "a", max_tokens: 400, temperature: 2 });
let before = server.usage();

let next = first;
const warm = first + Math.min(Math.floor((last - first) / 4), 1000); // until then, memory is taken that is used again
await part(`${count} hostile requests`, async () => {
  await Promise.all([...Array(workers)].map(async () => {
    while (next < last) {
      if (next === warm) before = { ...before, memory: server.usage().memory };
      await send(next++);
      if (server.process.exitCode !== null || server.process.signalCode !== null) return;
    }
  }));
  check((await server.json("/health")).status === 200, "health");
});
console.table(seen);

await part("the server is what it was", async () => {
  await eventually(async () => (await server.busy()) === 0, "free slots");
  check((await ask()) === text, "the usual text");
  await eventually(() => server.usage().files <= before.files + 2, "closed connections");
  const after = server.usage();
  check(after.threads === before.threads, "threads", [before.threads, after.threads]);
  check(after.memory < before.memory + mostMemory, "memory in MB", [before.memory, after.memory]);
  console.log(`memory before and after: ${before.memory.toFixed(0)} and ${after.memory.toFixed(0)} MB`);
});
const end = await server.stop();
check(end.code === 0, "the exit status", end);
check(!/ERROR: |runtime error: /.test(server.log), "what a sanitizer says", server.log.match(/(ERROR: |runtime error: )[^]{0,3000}/)?.[0]);
finish();
