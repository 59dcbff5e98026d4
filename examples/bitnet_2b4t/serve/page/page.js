import * as conversations from "./conversations.js";
import { Figures } from "./figures.js";
import { render } from "./markdown.js";
import * as server from "./server.js";

const get = (id) => document.getElementById(id);
const phone = matchMedia("(max-width: 44rem)");

let current = conversations.list()[0] ?? conversations.create();
let running = null; // the AbortController of the answer that is being written
let model = { name: "", context: 0 };

function showError(error) {
  get("error").hidden = !error;
  get("error").textContent = error ? error.message : "";
}

// Keeps what is on the page, and says so where the browser can't.
function keep(action) {
  try {
    action();
  } catch (error) {
    showError(new Error(`this browser doesn't keep the conversation: ${error.message}`));
  }
}

function button(text, label, action) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", textContent: text });
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
}

// --- the list of conversations

function showList() {
  get("conversations").replaceChildren(...conversations.list().map((one) => {
    const item = document.createElement("li");
    const open = button(one.title, "", () => select(one));
    open.className = "open";
    open.setAttribute("aria-current", one === current);
    const remove = button("✕", `Delete ${one.title}`, () => {
      if (!confirm(`Delete "${one.title}"?`)) return;
      keep(() => conversations.remove(one.id));
      select(one === current ? conversations.list()[0] ?? conversations.create() : current);
    });
    remove.className = "remove";
    item.append(open, remove);
    return item;
  }));
  get("title").textContent = current.title;
}

function select(conversation) {
  stop();
  current = conversation;
  showError(null);
  showMenu(false);
  showAll();
  get("question").focus();
}

function showMenu(shown) {
  get("sidebar").classList.toggle("shown", shown);
  get("menu").setAttribute("aria-expanded", shown);
  if (shown && phone.matches) get("new").focus();
}

// --- messages

function showMessage(message, index) {
  const copy = get("message-template").content.cloneNode(true).firstElementChild;
  copy.classList.add(message.role);
  copy.querySelector(".who").textContent = message.role === "user" ? "You" : "Model";
  const text = copy.querySelector(".text");
  if (message.role === "user") text.textContent = message.content;
  else text.replaceChildren(render(message.content));
  const tools = copy.querySelector(".tools");
  if (message.role === "user") tools.append(button("Edit", "Edit this message", () => edit(copy, message, index)));
  else tools.append(button("Regenerate", "Write this answer again", () => regenerate(index)));
  if (message.note) tools.append(message.note);
  get("messages").append(copy);
  return copy;
}

function showAll() {
  get("messages").replaceChildren();
  current.messages.forEach(showMessage);
  if (current.messages.length === 0) {
    const empty = document.createElement("p");
    Object.assign(empty, { className: "empty", textContent: "Ask something. What you write goes to this server alone." });
    get("messages").append(empty);
  }
  showList();
  get("messages").scrollTop = get("messages").scrollHeight;
}

// Changed text replaces the message and what came after it.
function edit(element, message, index) {
  const area = document.createElement("textarea");
  Object.assign(area, { value: message.content, rows: 4 });
  area.setAttribute("aria-label", "Changed message");
  const form = document.createElement("div");
  form.className = "edit";
  const tools = document.createElement("div");
  tools.className = "tools";
  tools.append(button("Send", "", () => ask(area.value, index)), button("Cancel", "", showAll));
  form.append(area, tools);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") showAll();
    if (sends(event)) { event.preventDefault(); ask(area.value, index); }
  });
  element.querySelector(".text").replaceChildren(form);
  element.querySelector(":scope > .tools").remove();
  area.focus();
}

// --- asking

function request() {
  const { system, ...sampling } = conversations.loadSettings();
  const messages = current.messages.map(({ role, content }) => ({ role, content }));
  if (system) messages.unshift({ role: "system", content: system });
  return { model: model.name, messages, ...sampling };
}

function ask(text, at = current.messages.length) {
  if (running || text.trim() === "") return;
  current.messages.splice(at, Infinity, { role: "user", content: text });
  answer();
}

function regenerate(index) {
  if (running) return;
  current.messages.splice(index);
  answer();
}

function showRunning(controller) {
  running = controller;
  get("send").hidden = controller !== null;
  get("stop").hidden = controller === null;
}

function stop() {
  running?.abort();
}

const notes = { length: "cut at the longest answer" };

// The answer grows in one element, drawn once a frame however fast tokens come; the page follows it only if it was at its end.
class Answer {
  constructor() {
    this.message = { role: "assistant", content: "" };
    this.element = showMessage(this.message, current.messages.length);
    this.element.setAttribute("aria-busy", "true");
    this.element.querySelector(".text").textContent = "…";
    this.element.querySelector(".text").classList.add("waiting");
    get("messages").scrollTop = get("messages").scrollHeight;
  }

  add(text) {
    this.message.content += text;
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = null;
    const box = get("messages");
    const follows = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    const text = this.element.querySelector(".text");
    text.classList.remove("waiting");
    text.replaceChildren(render(this.message.content));
    if (follows) box.scrollTop = box.scrollHeight;
  }
}

async function answer() {
  showError(null);
  const conversation = current;
  keep(() => conversations.touch(conversation));
  showAll();
  const controller = new AbortController();
  showRunning(controller);
  const grown = new Answer();
  const figures = new Figures(model.context);
  try {
    for await (const part of server.chat(request(), conversations.loadKey(), controller.signal)) {
      if (part.text) { grown.add(part.text); figures.token(); }
      if (part.reason && notes[part.reason]) grown.message.note = notes[part.reason];
      if (part.usage) figures.finish(part.usage, part.timings);
    }
    get("announcement").textContent = "The answer is complete.";
  } catch (error) {
    if (controller.signal.aborted) grown.message.note = "stopped";
    else showError(error);
  }
  // What was written before it was stopped or failed is kept, but not an empty answer.
  if (grown.message.content !== "") {
    conversation.messages.push(grown.message);
    keep(() => conversations.touch(conversation));
  }
  if (running === controller) showRunning(null);
  if (current === conversation) showAll();
}

// --- settings

function openSettings() {
  const settings = conversations.loadSettings();
  for (const field of get("settings").querySelectorAll("[name]")) field.value = settings[field.name] ?? "";
  get("settings").querySelector("[name=key]").value = conversations.loadKey();
  get("settings").returnValue = "";
  get("settings").showModal();
}

function saveSettings() {
  if (get("settings").returnValue !== "save") return;
  const settings = {};
  for (const field of get("settings").querySelectorAll("[name]")) {
    if (field.name === "key" || field.value === "") continue;
    settings[field.name] = field.type === "number" ? Number(field.value) : field.value;
  }
  keep(() => conversations.saveSettings(settings));
  conversations.saveKey(get("settings").querySelector("[name=key]").value);
  connect();
}

function useTheme(theme) {
  document.documentElement.dataset.theme = theme;
  get("theme").textContent = theme === "dark" ? "Light" : "Dark";
}

async function connect() {
  try {
    model = await server.describe(conversations.loadKey());
    get("model").textContent = model.name;
    showError(null);
  } catch (error) {
    get("model").textContent = "not connected";
    showError(error);
  }
}

// --- keys and clicks

const sends = (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing;

function fit(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

function askFromForm() {
  const question = get("question");
  if (running || question.value.trim() === "") return;
  ask(question.value);
  question.value = "";
  fit(question);
}

get("form").addEventListener("submit", (event) => { event.preventDefault(); askFromForm(); });
get("question").addEventListener("input", (event) => fit(event.target));
get("question").addEventListener("keydown", (event) => {
  if (sends(event)) { event.preventDefault(); askFromForm(); }
});
get("stop").addEventListener("click", stop);
get("new").addEventListener("click", () => select(conversations.create()));
get("menu").addEventListener("click", () => showMenu(!get("sidebar").classList.contains("shown")));
get("open-settings").addEventListener("click", openSettings);
get("settings").addEventListener("close", saveSettings);
get("theme").addEventListener("click", () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  useTheme(theme);
  keep(() => localStorage.setItem("ternion.theme", theme));
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || get("settings").open) return;
  showMenu(false);
  stop();
});
document.addEventListener("click", (event) => {
  if (phone.matches && !event.target.closest("#sidebar, #menu")) showMenu(false);
});
// Another tab has changed them.
addEventListener("storage", () => {
  if (running) return;
  conversations.reload();
  current = conversations.find(current.id) ?? current;
  showAll();
});

useTheme(localStorage.getItem("ternion.theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
showAll();
get("question").focus();
await connect();
document.body.dataset.done = "yes";
