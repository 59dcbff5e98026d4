// Drives the server's page in Chromium: node page.mjs PROGRAM MODEL FOLDER [PICTURES], where FOLDER holds node_modules.
// Screenshots of a chat, dark and as narrow as a phone, go to the folder PICTURES.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

import { check, finish, part } from "./check.mjs";
import { Server, eventually } from "./server.mjs";

const [program, model, folder, pictures] = process.argv.slice(2);
const { chromium } = createRequire(join(resolve(folder), "package.json"))("playwright-core");

const server = await Server.start(program, ["-m", model, "-t", "1"]);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ viewport: { width: 1100, height: 750 }, reducedMotion: "reduce" });
const faults = [];
const bodies = [];

async function open(url) {
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("dialog", (dialog) => dialog.accept());
  page.on("request", (request) => request.url().endsWith("/completions") && bodies.push(request.postDataJSON()));
  await page.goto(url);
  await page.waitForFunction(() => document.body.dataset.done);
  return page;
}

const page = await open(server.url);
const count = (selector) => page.locator(selector).count();
const text = (selector) => page.locator(selector).last().innerText();
const idle = () => page.waitForFunction(() => document.querySelector("#stop").hidden);
const picture = (name) => pictures && page.screenshot({ path: join(pictures, `${name}.png`) });

async function ask(question) {
  await page.fill("#question", question);
  await page.keyboard.press("Enter");
  await idle();
}

await part("settings are kept, and sent", async () => {
  await page.click("#open-settings");
  await page.fill("[name=temperature]", "0");
  await page.click("menu [value=save]");
  await ask("What is 123 + 45?");
  check(bodies.at(-1).temperature === 0 && !("top_k" in bodies.at(-1)), "what is set is sent, and nothing else", bodies.at(-1));
});

await part("a question and its answer", async () => {
  check((await text("#model")) === "small", "the model's name", await text("#model"));
  check((await count(".message")) === 2 && (await text(".assistant .text")).includes("168"), "an answer", await text(".assistant .text"));
  check(/^[\d.]+ tokens\/s$/.test(await text("#rate")), "tokens a second", await text("#rate"));
  check((await text("#used")) === "44 of 512", "the context", await text("#used"));
  check((await page.title()) === "ternion" && (await text("#title")) === "What is 123 + 45?", "its name is its first message");
  await picture("chat");
});

await part("regenerating and editing", async () => {
  await page.click(".assistant .tools button");
  await idle();
  check((await count(".message")) === 2 && (await text(".assistant .text")).includes("168"), "the same once more");
  await page.click(".user .tools button");
  await page.fill(".edit textarea", "What is 20 + 22?");
  await page.keyboard.press("Enter");
  await idle();
  check((await count(".message")) === 2 && (await text(".assistant .text")).includes("42"), "another answer", await text(".assistant .text"));
  check((await text("#title")) === "What is 20 + 22?", "its new name");
});

await part("text is never taken for HTML, nor for special tokens", async () => {
  await page.click("#new");
  await ask('<img src=x onerror="window.hurt = 1"><|eot_id|>');
  check((await text(".user .text")) === '<img src=x onerror="window.hurt = 1"><|eot_id|>', "shown as it is");
  const made = await page.evaluate(async () => {
    const { render } = await import("./markdown.js");
    const box = document.createElement("div");
    box.append(render('# T\n\n**b** <img src=x onerror="window.hurt = 1"> <script>window.hurt = 1</script> [no](javascript:window.hurt=1) ' +
      '![no](x.png) [yes](https://example.org) `a<b` &lt;\n\n- one\n- two\n\n```js\nif (a < b) {}\n```\n\n|x|y|\n|-|-|\n|1|2|\n'));
    document.body.append(box);
    const links = [...box.querySelectorAll("a")].map((link) => link.href);
    const found = { text: box.textContent, links, names: [...new Set([...box.querySelectorAll("*")].map((e) => e.localName))].sort() };
    box.remove();
    return found;
  });
  check(made.names.join() === "a,button,code,div,h3,li,p,pre,span,strong,table,tbody,td,th,thead,tr,ul", "elements", made.names);
  check(made.links.join() === "https://example.org/", "links", made.links);
  check(made.text.includes("a<b") && made.text.includes("if (a < b) {}") && made.text.includes("<script>"), "characters", made.text);
  check((await page.evaluate(() => window.hurt)) === undefined, "nothing ran");
});

await part("stopping", async () => {
  const throttle = await context.newCDPSession(page);
  await throttle.send("Network.enable");
  const speed = (bytes) => throttle.send("Network.emulateNetworkConditions",
    { offline: false, latency: 0, downloadThroughput: bytes, uploadThroughput: -1 });
  await speed(2000);
  await page.fill("#question", "What is 123 + 45?");
  await page.click("#send");
  await page.waitForFunction(() => /\d/.test(document.querySelector(".message:last-child .text").textContent));
  await page.click("#stop");
  await idle();
  await speed(-1);
  check((await text(".assistant:last-child .tools")).includes("stopped"), "said so", await text(".assistant:last-child .tools"));
  await eventually(async () => (await server.busy()) === 0, "a free slot");
});

await part("conversations are kept in the browser", async () => {
  await page.reload();
  await page.waitForFunction(() => document.body.dataset.done);
  check((await count("#conversations li")) === 2 && (await count(".message")) === 4, "two of them, the last one open");
  await page.click("#conversations li:last-child .open");
  check((await count(".message")) === 2 && (await text(".assistant .text")).includes("42"), "the other one");
  await page.click("#conversations li:last-child .remove");
  check((await count("#conversations li")) === 1, "one deleted");
});

await part("by keyboard, on a phone, dark", async () => {
  await page.setViewportSize({ width: 360, height: 640 });
  check((await page.evaluate(() => document.documentElement.scrollWidth)) === 360, "as wide as the phone");
  await page.click("#menu");
  check(await page.locator("#new").isVisible(), "the menu opens");
  await page.keyboard.press("Escape");
  check(!(await page.locator("#new").isVisible()), "and closes");
  await page.click("#theme");
  check((await page.evaluate(() => getComputedStyle(document.body).backgroundColor)) === "rgb(21, 21, 23)", "dark");
  await picture("phone");
  await page.setViewportSize({ width: 1100, height: 750 });
  const nameless = await page.evaluate(() => [...document.querySelectorAll("button, input, textarea, meter, svg")]
    .filter((one) => !one.getAttribute("aria-label") && !one.textContent.trim() && !one.labels?.length).map((one) => one.outerHTML));
  check(nameless.length === 0, "each control has a name", nameless);
});

check(faults.length === 0, "no fault in the console", faults);
faults.length = 0;

await part("keys, and a server that ends", async () => {
  const guarded = await Server.start(program, ["-m", model, "-t", "1", "--api-key", "secret"]);
  const other = await open(guarded.url);
  check(await other.locator("#error").isVisible(), "a key is asked for");
  await other.click("#open-settings");
  await other.fill("[name=key]", "secret");
  await other.click("menu [value=save]");
  await other.waitForFunction(() => document.querySelector("#error").hidden);
  check((await other.locator("#model").innerText()) === "small", "and accepted");
  await guarded.stop();
  await other.fill("#question", "Are you there?");
  await other.keyboard.press("Enter");
  await other.waitForSelector("#error:not([hidden])");
  check((await other.locator(".user").count()) >= 1, "the question is still there");
  check(await other.locator("#send").isVisible(), "and can be asked again");
});

await part("with --cors, a page of another origin asks as OpenAI's client does", async () => {
  const other = await Server.start(program, ["-m", model, "-t", "1", "--api-key", "secret", "--cors", "*"]);
  const page = await context.newPage(); // about:blank, whose origin is null
  const models = await page.evaluate(async (url) => {
    const headers = { Authorization: "Bearer secret", "Content-Type": "application/json", "X-Stainless-Lang": "js" };
    return (await fetch(`${url}/v1/models`, { headers })).json();
  }, other.url);
  check(models.data[0].id === "small", "models", models);
  await other.stop();
});

await browser.close();
const end = await server.stop();
check(end.code === 0, "the server ends", end);
finish();
