// Questions that the page suggests, and how the right answers end.
export const expected = new Map([
  ["What is 123 + 45?", "so 168"],
  ["Write 25 in balanced ternary", "so +0-+"],
  ['How many n\'s are in "banana"?', "so 2"],
]);

let failures = 0;
export function check(good, what) {
  console.log(`${good ? "right" : "WRONG"}: ${what}`);
  if (!good) failures += 1;
}
export const status = () => (failures === 0 ? 0 : 1);
