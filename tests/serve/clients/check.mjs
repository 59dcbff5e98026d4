// Checks that are counted, and told of one by one.
let failures = 0;
export function check(good, what, found = "") {
  if (good) return;
  ++failures;
  console.log(`WRONG: ${what}${found === "" ? "" : `; found ${typeof found === "string" ? found : JSON.stringify(found)}`}`);
}

/// Runs a part of the tests, and says how long it took.
export async function part(name, run) {
  const begin = Date.now();
  const before = failures;
  try {
    await run();
  } catch (error) {
    check(false, `${name}: ${error.stack}`);
  }
  console.log(`${failures === before ? "right" : "WRONG"}: ${name} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
}

export function finish() {
  console.log(failures === 0 ? "all right" : `${failures} wrong`);
  process.exit(failures === 0 ? 0 : 1);
}
