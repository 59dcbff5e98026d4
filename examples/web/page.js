import { wrap } from "./ternion.mjs";

const get = (id) => document.getElementById(id);

function showGemv(ternion) {
  get("backend").textContent = ternion.backend();
  for (const [packing, result] of ternion.checkGemv()) {
    const row = get("gemv").insertRow();
    row.insertCell().textContent = packing;
    const cell = row.insertCell();
    cell.textContent = result;
    cell.className = result === "passed" ? "passed" : "wrong";
  }
}

async function fetchModel(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name}: expected a model, found HTTP status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

// A token, then whatever else the page has to do.
async function answer(ternion, question) {
  const turn = get("turn").content.cloneNode(true);
  const [asked, answered] = [turn.querySelector(".question"), turn.querySelector(".answer")];
  asked.textContent = question;
  get("chat").append(turn);
  try {
    for (const piece of ternion.answer(question)) {
      answered.textContent += piece;
      answered.scrollIntoView({ block: "nearest" });
      await new Promise((done) => setTimeout(done));
    }
  } catch (error) {
    answered.textContent = error.message;
    answered.classList.add("wrong");
  }
}

function acceptQuestions(ternion) {
  const controls = get("controls");
  const ask = async (question) => {
    if (controls.disabled || question.trim() === "") return;
    controls.disabled = true;
    await answer(ternion, question);
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
  const ternion = wrap(await createTernion());
  showGemv(ternion);
  const model = await fetchModel("small.gguf");
  ternion.loadModel(model);
  get("status").textContent = `small.gguf, ${(model.length / 1e6).toFixed(2)} MB, computed on this machine.`;
  const ask = acceptQuestions(ternion);
  // ?q=...&q=... asks right away.
  for (const question of new URLSearchParams(location.search).getAll("q")) await ask(question);
} catch (error) {
  get("status").textContent = error.message;
  get("status").classList.add("wrong");
}
document.body.dataset.done = "yes";
