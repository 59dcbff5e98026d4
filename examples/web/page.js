import { load } from "./ternion/browser.js";

const get = (id) => document.getElementById(id);

const shapes = [
  [1, 1],
  [2, 3],
  [15, 17],
  [31, 33],
  [33, 127],
  [65, 129],
  [16, 255],
  [7, 513],
  [129, 640],
  [17, 2176],
];

// Numbers 0 to 255, the same on every machine.
function* bytes(seed) {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 24;
  }
}

// Each sum in its own loop: what every packing's product must give.
function oracle(trits, [n, k], q) {
  const row = (i) => q.reduce((sum, value, j) => sum + value * trits[i * k + j], 0);
  return Int32Array.from({ length: n }, (_, i) => row(i));
}

function isRight(ternion, packing, shape) {
  const [n, k] = shape;
  const random = bytes(n * 1000 + k);
  const trits = Int8Array.from({ length: n * k }, () => (random.next().value % 3) - 1);
  const q = Int8Array.from({ length: k }, () => random.next().value - 128);
  const w = ternion.pack(trits, shape, { packing });
  const [expected, found] = [oracle(trits, shape, q), ternion.gemv(w, q)];
  w.free();
  return expected.every((value, i) => value === found[i]);
}

function showGemv(ternion) {
  get("backend").textContent = ternion.backend;
  const withZeros = ternion.packings().filter((name) => name !== "binary");
  for (const packing of withZeros) {
    const wrong = shapes.filter((shape) => !isRight(ternion, packing, shape));
    const row = get("gemv").insertRow();
    row.insertCell().textContent = packing;
    const cell = row.insertCell();
    cell.textContent = wrong.length === 0 ? "passed" : `wrong: N=${wrong[0][0]} K=${wrong[0][1]}`;
    cell.className = wrong.length === 0 ? "passed" : "wrong";
  }
}

async function fetchModel(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name}: expected a model, found HTTP status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

// A token, then whatever else the page has to do.
async function answer(model, question) {
  const turn = get("turn").content.cloneNode(true);
  const [asked, answered] = [turn.querySelector(".question"), turn.querySelector(".answer")];
  asked.textContent = question;
  get("chat").append(turn);
  try {
    for (const piece of model.generate(model.chatPrompt(question), { maxNewTokens: Infinity })) {
      answered.textContent += piece;
      answered.scrollIntoView({ block: "nearest" });
      await new Promise((done) => setTimeout(done));
    }
  } catch (error) {
    answered.textContent = error.message;
    answered.classList.add("wrong");
  }
}

function acceptQuestions(model) {
  const controls = get("controls");
  const ask = async (question) => {
    if (controls.disabled || question.trim() === "") return;
    controls.disabled = true;
    await answer(model, question);
    controls.disabled = false;
  };
  get("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const question = get("question").value;
    get("question").value = "";
    ask(question);
  });
  for (const button of document.querySelectorAll("#suggestions button")) {
    button.addEventListener("click", () => ask(button.textContent));
  }
  controls.disabled = false;
  return ask;
}

try {
  const ternion = await load();
  showGemv(ternion);
  const gguf = await fetchModel("small.gguf");
  const model = ternion.loadModel(gguf);
  get("status").textContent = `small.gguf, ${(gguf.length / 1e6).toFixed(2)} MB, computed on this machine.`;
  const ask = acceptQuestions(model);
  // ?q=...&q=... asks right away.
  for (const question of new URLSearchParams(location.search).getAll("q")) await ask(question);
} catch (error) {
  get("status").textContent = error.message;
  get("status").classList.add("wrong");
}
document.body.dataset.done = "yes";
