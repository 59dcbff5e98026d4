// A server under test, and what clients without a library do to it.
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import net from "node:net";

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/// Asks until `good` says so, for 20 seconds at most.
export async function eventually(good, what) {
  for (let i = 0; i < 400; ++i) {
    if (await good()) return;
    await sleep(50);
  }
  throw new Error(`never came: ${what}`);
}

export class Server {
  /// Starts PROGRAM serve with these arguments; resolves when it listens, or has ended.
  static async start(program, args, port = 0) {
    const server = new Server();
    // Of a program with AddressSanitizer, so that its memory can be bounded: by default 256 MB that are free are kept.
    const env = { ...process.env, ASAN_OPTIONS: `quarantine_size_mb=8:${process.env.ASAN_OPTIONS ?? ""}` };
    server.process = spawn(program, ["serve", "--port", String(port), ...args], { stdio: ["ignore", "ignore", "pipe"], env });
    process.on("exit", () => server.process.kill("SIGKILL")); // whatever went wrong, none is left
    server.log = "";
    server.headers = {}; // of requests for JSON
    server.exit = new Promise((resolve) => server.process.on("exit", (code, signal) => resolve({ code, signal })));
    const listening = new Promise((resolve) => {
      server.process.stderr.on("data", (data) => {
        server.log += data;
        const found = server.log.match(/listening on http:\/\/127\.0\.0\.1:(\d+)/);
        if (found) resolve((server.port = Number(found[1])));
      });
    });
    await Promise.race([listening, server.exit]);
    server.url = `http://127.0.0.1:${server.port}`;
    return server;
  }

  async stop() {
    this.process.kill("SIGTERM");
    return this.exit;
  }

  async json(path, body) {
    const headers = { ...this.headers, "Content-Type": "application/json" };
    const reply = await fetch(this.url + path, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
    return { status: reply.status, headers: reply.headers, body: JSON.parse(await reply.text()) };
  }

  /// Sends bytes as they are, and resolves to what comes back until the connection closes.
  raw(bytes, { closeAfter } = {}) {
    return new Promise((resolve) => {
      let reply = "";
      const socket = net.connect(this.port, "127.0.0.1", () => socket.write(bytes));
      socket.on("data", (data) => (reply += data));
      socket.on("error", () => resolve(reply));
      socket.on("close", () => resolve(reply));
      if (closeAfter !== undefined) setTimeout(() => socket.destroy(), closeAfter);
    });
  }

  async busy() {
    const slots = (await this.json("/slots")).body;
    return slots.filter((slot) => slot.is_processing).length;
  }

  /// Threads, open files and memory (MB) of the process.
  usage() {
    const folder = `/proc/${this.process.pid}`;
    const status = readFileSync(`${folder}/status`, "utf8");
    const field = (name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))[1]);
    return { threads: field("Threads"), files: readdirSync(`${folder}/fd`).length, memory: field("RssAnon") / 1024 };
  }
}

export function post(path, body, headers = "") {
  const text = JSON.stringify(body);
  return `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
