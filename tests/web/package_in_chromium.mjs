// The npm package in headless Chromium, from the folder that it was installed into: node package_in_chromium.mjs FOLDER
// CHROMIUM.
import { documentOf, needChromium, plain } from "./chromium.mjs";

const [folder, chromium] = process.argv.slice(2);
needChromium(chromium);
const dom = await documentOf(chromium, folder, "package.html");
console.log(plain(dom.match(/<pre id="log">([^<]*)</)?.[1] ?? dom));
process.exit(/data-status="0"/.test(dom) ? 0 : 1);
