// The page: it draws all figures anew after each change, and starts.

const content = unpacked(JSON.parse(document.getElementById("content").textContent));
const state = new State(firstTexts(content));
const page = document.getElementById("page");
let found = null,
  figures = new Map(),
  edited = null;

const say = (words) => {
  document.getElementById("say").textContent = words;
};

function onedit(key, text) {
  state.set([[key, text]], edited === key);
  edited = key;
  update();
}

// Everything that is shown, from what is typed.
function update() {
  const numbers = readNumbers(content, state);
  found = null;
  let wrong = numbers.errors.size ? toMend(numbers.errors.size, first(numbers.errors)) : "";
  if (!wrong)
    try {
      found = compute(content, numbers);
      figures = figuresOf(content, found, isOpen("learning"));
    } catch (error) {
      if (!(error instanceof PageError)) throw error;
      found = null;
      wrong = error.message;
    }
  if (!found) {
    figures = new Map();
    say("");
    quiet();
  }
  showFields(numbers);
  showFigures();
  document.getElementById("wrong").textContent = wrong;
  noteTarget(numbers.target);
  document.getElementById("prediction").textContent = prediction();
  document.getElementById("undo").disabled = !state.past.length;
  document.getElementById("reset").disabled = !state.changed.length;
  if (walked.at >= 0) showStep(true);
  else explain(explained, true);
  showBlanks();
  drawCurve();
  writeLink();
}

// A target may be another thing than a distribution, and then says so.
function noteTarget(target) {
  if (!target || content.loss.target !== "distribution") return;
  const sum = total(target, EXACT);
  document.getElementById("target-note").textContent = compare(sum, ONE)
    ? said`the target sums to ${inFull(sum)}, not to 1`
    : "";
}

const isOpen = (id) => Boolean(document.getElementById(id)?.open);

// The numbers after a step become those of the page, as nnlec reads them back: doubles.
function apply() {
  if (!found) return;
  const { network, rate, target } = found.numbers,
    before = figures.get("L"),
    p = content.precision;
  const back = gradients(network, found.trace, readLoss(content.loss), target, p);
  const changes = steppedLayers(network, back, rate).flatMap((layer, l) =>
    kindOf(layer)
      .numbers(layer)
      .map(([name, w]) => [
        `w${l + 1}.${name}`,
        String(content.single && !name.startsWith("epsilon") ? Math.fround(toNumber(w)) : toNumber(w)),
      ]),
  );
  state.set(changes);
  edited = null;
  update();
  say(said`applied: L was ${before} and is ${figures.get("L") ?? "?"}`);
}

const toMend = (n, words) => (n === 1 ? said`1 field to mend: ${words}` : said`${n} fields to mend: ${words}`);
const first = (errors) => {
  const [key, words] = [...errors][0];
  return `${fields.get(key).label}: ${words}`;
};

// What fields and cells show is written where it is another thing than before: a page may have thousands of them.
function showFields({ errors, notes }) {
  for (const [key, field_] of fields) {
    const { input, error } = field_,
      text = state.get(key),
      words = errors.get(key) || notes.get(key) || "";
    if (field_.text !== text) {
      if (input.value !== text) input.value = text;
      input.classList.toggle("changed", text !== state.first.get(key));
      if (input.type === "text") input.size = Math.max(5, Math.min(14, text.length));
    }
    if (field_.words !== words) {
      error.textContent = words;
      error.classList.toggle("note", notes.has(key) && !errors.has(key));
      const marks = { "aria-invalid": errors.has(key) && "true", "aria-describedby": words && error.id };
      for (const [name, value] of Object.entries(marks))
        value ? input.setAttribute(name, value) : input.removeAttribute(name);
    }
    Object.assign(field_, { text, words });
  }
}

function showFigures() {
  for (const [name, cell] of cells) {
    const shown = figures.get(name) ?? "?";
    if (cell.shown === shown && !blanks.on) continue;
    cell.shown = shown;
    cell.button.textContent = shown;
    cell.button.setAttribute("aria-label", `${cell.label}: ${shown}`);
  }
}

function prediction() {
  if (!found || found.chosen === null || !found.named || blanks.on) return "";
  const rule = found.logits.length > 1 || found.probabilities ? "argmax" : said`more than 0`;
  return said`prediction: ${content.classes[found.chosen]} (${rule})`;
}

function writeLink() {
  const link = state.link;
  if (link === location.hash.slice(1)) return;
  try {
    history.replaceState(null, "", link ? `#${link}` : location.pathname + location.search);
  } catch {
    // A browser may allow only so many changes a minute: the next one writes it, and the copied link is right anyway.
  }
}

function readLink() {
  const wrong = state.load(location.hash.slice(1));
  edited = null;
  update();
  document.getElementById("link-error").textContent = wrong.join("; ");
}

// Where a step's working is written.
const workingOf = ({ l, share }) => (l !== undefined ? `layer ${l}` : share !== undefined ? "classes" : "loss");

function quiet() {
  for (const working of document.querySelectorAll(".working")) working.textContent = "";
  for (const cell of document.querySelectorAll(".cell")) cell.replaceChildren();
  light([]);
}

// `again`: after an edit, the page stays where it is, and nothing is said.
function tell(step, words, lit, again) {
  quiet();
  document.querySelector(`[data-working="${workingOf(step)}"]`).textContent = words;
  if (step.l !== undefined) viewOf(content.layers[step.l]).draw(content, found, figures, step.l, step.unit);
  light(lit, again);
}

let explained = "";

// Figures tell how they came about.
function explain(name, again = false) {
  if (!found || blanks.on) return;
  explained = name;
  const [what, i] = name.split("."),
    l = Number(what.slice(1)) - 1,
    unit = Number(i);
  let step, words;
  if (/^z\d/.test(what))
    [step, words] = [{ l, unit, term: "sum" }, viewOf(content.layers[l]).sums(content, found, figures, l, unit)];
  else if (/^y\d/.test(what)) {
    step = { l, unit, term: "activation" };
    const { kind, activation } = content.layers[l];
    if (kind !== "dense" && !(activation.name in OF_ROWS))
      words = `${viewOf({ kind }).sums(content, found, figures, l, unit)}; ${stepText(content, found, figures, step)}`;
  }
  else if (what === "s") step = { share: unit };
  else if (what === "L" && !i) step = { loss: true };
  else return;
  words ??= stepText(content, found, figures, step);
  const ofUnit_ = walked.steps.filter((each) => each.l === step.l && each.unit === step.unit);
  const parts =
    step.term === "sum"
      ? ofUnit_.filter(({ term }) => term !== "activation")
      : step.l === undefined || content.layers[l].kind === "dense"
        ? [step]
        : ofUnit_;
  tell(step, words, parts.flatMap(stepCells), again);
  if (!again) say(words);
}

function showStep(again = false) {
  if (!found) return;
  const step = walked.steps[walked.at],
    words = stepText(content, found, figures, step);
  tell(step, words, stepCells(step), again);
  say(said`step ${walked.at + 1} of ${walked.steps.length}. ${words}`);
}

function stopWalk() {
  walked.at = -1;
  explained = "";
  quiet();
}

function walk(by) {
  if (blanks.on) {
    say(said`the walk waits until the figures are shown`);
    return;
  }
  walked.at = Math.max(0, Math.min(walked.steps.length - 1, walked.at + by));
  showStep();
}

// The next or last step that begins another unit.
function walkUnit(by) {
  const { steps } = walked,
    now = steps[walked.at];
  do walk(by);
  while (
    !blanks.on &&
    walked.at > 0 &&
    walked.at < steps.length - 1 &&
    now &&
    steps[walked.at].l === now.l &&
    steps[walked.at].unit === now.unit
  );
}

// Arrow keys move from cell to cell of a table; in a field, up and down alone.
function move(event) {
  const cell = event.target.closest("td"),
    by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (!cell || !by || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const input = event.target;
  if (input.tagName === "SELECT") return;
  if (input.tagName === "INPUT" && by[1]) {
    const edge = by[1] < 0 ? 0 : input.value.length;
    if (input.selectionStart !== edge || input.selectionEnd !== edge) return;
  }
  const row = cell.parentElement,
    rows = [...row.closest("table").rows],
    fromRight = row.cells.length - cell.cellIndex;
  for (let i = rows.indexOf(row) + by[0], j = fromRight - by[1]; rows[i] && j > 0; i += by[0], j -= by[1]) {
    const next = rows[i].cells[rows[i].cells.length - j],
      target = next && next.querySelector("input, button");
    if (target) {
      target.focus();
      if (target.select) target.select();
      event.preventDefault();
      return;
    }
    if (!next) return;
  }
}

function toolbar() {
  const button = (id, words, does, keys) =>
    make("button", { type: "button", id, onclick: does, "aria-keyshortcuts": keys || null }, words);
  const undo = () => {
    if (state.undo()) {
      edited = null;
      update();
      say(said`undone`);
    }
  };
  const reset = () => {
    state.reset();
    edited = null;
    update();
    say(said`all numbers are those of the file`);
  };
  return make(
    "div",
    { class: "toolbar", role: "toolbar", "aria-label": said`the page` },
    button("previous", said`Previous step`, () => walk(-1), "Alt+ArrowLeft"),
    button("next", said`Next step`, () => walk(1), "Alt+ArrowRight"),
    button("undo", said`Undo`, undo),
    button("reset", said`Reset`, reset),
    make("button", { type: "button", id: "blanks", "aria-pressed": "false", onclick: toggleBlanks }, said`Fill in`),
  );
}

function keys(event) {
  if (event.altKey && !event.ctrlKey && !event.metaKey && event.target.tagName !== "SELECT") {
    const does = {
      ArrowRight: () => walk(1),
      ArrowLeft: () => walk(-1),
      ArrowDown: () => walkUnit(1),
      ArrowUp: () => walkUnit(-1),
    }[event.key];
    if (does) {
      event.preventDefault();
      does();
    }
  } else if (event.key === "Escape") stopWalk();
  else move(event);
}

VIEWS.dense = {
  section: denseSection,
  learning: denseLearning,
  terms: denseTerms,
  lit: () => [],
  draw: () => {},
  sums: sumLines,
  slips: sumSlips,
  yaml: denseYaml,
};

function start() {
  const beginning = compute(content, readNumbers(content, state));
  walked.steps = walkSteps(content, beginning);
  page.replaceChildren(
    make("h1", {}, named(content.title)),
    make(
      "p",
      { class: "hint" },
      said`Edit any number: all figures follow, exactly. Press a figure to see how it comes about. Alt and an arrow key walk through the computation, step by step.`,
    ),
    toolbar(),
    make("p", { id: "say", role: "status", "aria-live": "polite" }),
    make("p", { id: "wrong", class: "error", role: "alert" }),
    make("p", { id: "link-error", class: "error", role: "alert" }),
    ...content.layers.map((layer, l) => viewOf(layer).section(content, l, onedit)),
    outputSection(content, beginning),
    ...(content.loss ? [lossSection(content, onedit), learningSection(content, onedit, apply, () => update())] : []),
    sliderSection(content, beginning),
    copySection(),
  );
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-figure]");
    if (button) explain(button.dataset.figure);
  });
  page.addEventListener("focusin", () => {
    edited = null;
  });
  document.addEventListener("keydown", keys);
  window.addEventListener("hashchange", () => {
    if (location.hash.slice(1) !== state.link) readLink();
  });
  readLink();
}

start();
