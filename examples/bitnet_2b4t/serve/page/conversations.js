// Conversations and settings, kept in this browser: { id, title, messages: [{ role, content, note? }] }, newest first.

const read = (key, otherwise) => {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
};

const stored = "ternion.conversations";
let all = read(stored, []);

export const list = () => all;
export const find = (id) => all.find((one) => one.id === id);

// Throws where the browser keeps no more; what is on the page stays there.
export function save() {
  localStorage.setItem(stored, JSON.stringify(all));
}

export function reload() {
  all = read(stored, []);
}

export function create() {
  return { id: crypto.randomUUID?.() ?? String(Date.now() + Math.random()), title: "New conversation", messages: [] };
}

// A conversation is kept from its first message on, under the beginning of it.
export function touch(conversation) {
  if (conversation.messages.length > 0) conversation.title = conversation.messages[0].content.trim().slice(0, 60);
  all = [conversation, ...all.filter((one) => one !== conversation)];
  save();
}

export function remove(id) {
  all = all.filter((one) => one.id !== id);
  save();
}

export const loadSettings = () => read("ternion.settings", {});
export const saveSettings = (settings) => localStorage.setItem("ternion.settings", JSON.stringify(settings));
// The key is forgotten with the tab.
export const loadKey = () => sessionStorage.getItem("ternion.key") ?? "";
export const saveKey = (key) => sessionStorage.setItem("ternion.key", key);
