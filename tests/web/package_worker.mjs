// The npm package in a page's worker.
import { load } from "./node_modules/ternion/browser.js";

const ternion = await load();
const y = ternion.gemv(ternion.pack(Int8Array.of(1, 0, -1, 1), [2, 2]), Int8Array.of(127, -128));
postMessage([...y].join());
