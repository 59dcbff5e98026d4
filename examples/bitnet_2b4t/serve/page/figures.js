// Tokens a second, as a line over the last answer, and how much of the context is used.

const get = (id) => document.getElementById(id);
const window_ms = 1000;

export class Figures {
  constructor(context) {
    this.context = context;
    this.arrivals = [];
    this.rates = [];
  }

  // A piece of an answer has come: with few exceptions a token.
  token() {
    const now = performance.now();
    this.arrivals.push(now);
    const recent = this.arrivals.filter((time) => time > now - window_ms);
    if (recent[0] === now) return;
    this.rates.push(((recent.length - 1) * 1000) / (now - recent[0]));
    this.#draw();
    get("rate").textContent = `${this.rates.at(-1).toFixed(1)} tokens/s`;
  }

  // At the end: all of the answer, by the server's clock.
  finish(usage, timings) {
    const rate = timings?.predicted_per_second;
    if (rate) get("rate").textContent = `${rate.toFixed(1)} tokens/s`;
    this.#use(usage.total_tokens);
  }

  #use(tokens) {
    get("used").textContent = this.context ? `${tokens} of ${this.context}` : `${tokens}`;
    get("context").value = this.context ? tokens / this.context : 0;
  }

  #draw() {
    const top = Math.max(...this.rates);
    const step = 120 / Math.max(this.rates.length - 1, 1);
    const points = this.rates.map((rate, i) => `${(i * step).toFixed(1)},${(23 - (22 * rate) / top).toFixed(1)}`);
    document.querySelector("#rates polyline").setAttribute("points", points.join(" "));
  }
}
