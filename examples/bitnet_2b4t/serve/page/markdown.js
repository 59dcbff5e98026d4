// Markdown as elements. The library marked only parses: each of its tokens becomes an element whose content is text, so
// that nothing a model writes is ever taken for HTML. Without the library the text stays as it is.

const make = (name, ...content) => {
  const element = document.createElement(name);
  element.append(...content);
  return element;
};

const inline = (tokens) => (tokens ?? []).map(element);

// Text with its entities as characters. The dot keeps white space at the beginning, which a document would lose.
function unescaped(text) {
  const whole = new DOMParser().parseFromString(`.${text.replaceAll("<", "&lt;")}`, "text/html");
  return whole.body.textContent.slice(1);
}

function link({ href, tokens, text }) {
  if (!/^(https?|mailto):/i.test(href ?? "")) return make("span", ...(tokens ? inline(tokens) : [text]));
  const anchor = make("a", ...(tokens ? inline(tokens) : [text]));
  Object.assign(anchor, { href, target: "_blank", rel: "noopener noreferrer" });
  return anchor;
}

function code({ text }) {
  const copy = make("button", "Copy");
  copy.type = "button";
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  const box = make("div", make("pre", make("code", text)), copy);
  box.className = "code";
  return box;
}

function list({ ordered, start, items }) {
  const all = make(ordered ? "ol" : "ul", ...items.map((item) => make("li", ...inline(item.tokens))));
  if (ordered && start !== "" && start !== 1) all.start = start;
  return all;
}

function table({ header, rows }) {
  const row = (cells, name) => make("tr", ...cells.map((cell) => make(name, ...inline(cell.tokens))));
  return make("table", make("thead", row(header, "th")), make("tbody", ...rows.map((cells) => row(cells, "td"))));
}

const elements = {
  paragraph: (token) => make("p", ...inline(token.tokens)),
  heading: (token) => make(`h${Math.min(token.depth + 2, 6)}`, ...inline(token.tokens)),
  blockquote: (token) => make("blockquote", ...inline(token.tokens)),
  hr: () => make("hr"),
  br: () => make("br"),
  strong: (token) => make("strong", ...inline(token.tokens)),
  em: (token) => make("em", ...inline(token.tokens)),
  del: (token) => make("del", ...inline(token.tokens)),
  codespan: (token) => make("code", unescaped(token.text)),
  space: () => "",
  def: () => "",
  code, link, list, table,
  image: (token) => link({ href: token.href, text: token.text || token.href }),
  escape: (token) => unescaped(token.text),
  text: (token) => (token.tokens ? make("span", ...inline(token.tokens)) : unescaped(token.text)),
};

function element(token) {
  return (elements[token.type] ?? (() => token.raw))(token);
}

export function render(text) {
  const whole = document.createDocumentFragment();
  if (globalThis.marked) {
    whole.append(...globalThis.marked.lexer(text).map(element));
  } else {
    const plain = make("div", text);
    plain.className = "plain";
    whole.append(plain);
  }
  return whole;
}
