// Works out pages without a browser. Reads lines of JSON: the scripts, then {content, link} or {call, of, p}; writes a
// line for each: the figures of the content, or what the functions named `call` give of the numbers `of` in p digits.
"use strict";
const vm = require("vm");
const lines = require("fs").readFileSync(0, "utf8").trim().split("\n");
const [scripts, ...asked] = lines.map((line) => JSON.parse(line));
const answer = vm.runInThisContext(`${scripts}
;(() => {
  const written = (given) => (typeof given === "object" ? bare(given).m + "e" + bare(given).e : String(given));
  return ({ content: packed, link, call, of, p }) => {
    if (call) return { results: of.map((numbers, i) => written(eval(call[i])(...numbers.map(fromText), p[i]))) };
    const content = unpacked(packed);
    const state = new State(firstTexts(content));
    const wrong = link ? state.load(link) : [];
    const numbers = readNumbers(content, state);
    const errors = Object.fromEntries(numbers.errors);
    if (numbers.errors.size) return { wrong, errors };
    const found = compute(content, numbers);
    const figures = Object.fromEntries(figuresOf(content, found, Boolean(content.loss)));
    return { wrong, errors, figures, link: state.link };
  };
})();`);
for (const each of asked) {
  const began = process.cpuUsage(); // other programs do not count
  let found;
  try {
    found = answer(each);
  } catch (error) {
    found = { thrown: String(error.message), name: error.constructor.name, stack: error.stack };
  }
  console.log(JSON.stringify({ ...found, ms: process.cpuUsage(began).user / 1e3 }));
}
