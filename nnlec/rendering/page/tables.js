// The page's parts: fields to type in, cells for figures, a table for each layer. Names become text, never markup.

const fields = new Map(); // key -> {input, error}
const cells = new Map(); // figure -> the cell that shows it

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  element.append(...children);
  return element;
}

// How a layer is shown: a dense one, or one of another kind.
const VIEWS = {};
const viewOf = (layer) => VIEWS[layer.kind === "dense" ? "dense" : "other"];

const named = (name) => make("bdi", {}, name);
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹",
  LOWERED = "₀₁₂₃₄₅₆₇₈₉";
const raised = (n) => `⁽${[...String(n)].map((digit) => RAISED[digit]).join("")}⁾`;
const lowered = (n) => [...String(n)].map((digit) => LOWERED[digit]).join("");

function field(key, label, onedit) {
  const error = make("span", { class: "error", id: `error-${key}` });
  const input = make("input", {
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    spellcheck: "false",
    id: `field-${key}`,
    "aria-label": label,
    "data-key": key,
    oninput: () => onedit(key, input.value),
  });
  fields.set(key, { input, error, label });
  return [input, error];
}

const figureCell = (name, label) => {
  const button = make("button", { type: "button", "data-figure": name, "aria-label": label }, "");
  const cell = make("td", { class: "figure" }, button);
  cells.set(name, { cell, button, label });
  return cell;
};

const head = (scope, ...children) => make("th", { scope }, ...children);

// The letters of a layer's numbers, as nnlec writes them.
function letters(content, l) {
  const depth = content.layers.length,
    last = l === depth - 1;
  const hidden = (number) => `h${depth > 2 ? raised(number) : ""}`;
  const softmaxed = ["softmax", "log_softmax", "softmin"].includes(content.layers[l].activation.name);
  const weights = `W${depth > 1 ? raised(l + 1) : ""}`;
  const [source] = content.layers[l].from;
  return { input: source ? hidden(source) : "xᵀ", output: last ? (softmaxed ? "s" : "f") : hidden(l + 1), weights };
}

function unitName(content, l, j) {
  const { output } = letters(content, l),
    { out } = content.layers[l];
  if (out.length > 1) return cellName(output, j, out);
  return l === content.layers.length - 1 ? content.outputs[j] : `${output}${lowered(j + 1)}`;
}
const cellName = (letter, at, shape) => `${letter}[${placeIn(at, shape).map((i) => i + 1)}]`;
// Which layer gives what comes into layer l as its input i, 0 for the network's input, and its place there.
function sourceOf(content, l, i) {
  let left = i;
  for (const source of content.layers[l].from) {
    const n = source ? countOf(content.layers[source - 1].out) : content.x.length;
    if (left < n) return [source, left];
    left -= n;
  }
  return [0, left];
}

function inputName(content, l, i) {
  const [source, place] = sourceOf(content, l, i);
  return source ? unitName(content, source - 1, place) : content.inputs[place];
}

const isNext = (layer, l) => layer.from.length === 1 && layer.from[0] === l;
const sourceNames = (content, l) =>
  content.layers[l].from.map((source) => (source ? content.layers[source - 1].name : "input"));

const takes = (content, l) =>
  sourceNames(content, l).flatMap((name, i) => [
    i ? ` ${said`and`} ` : `${said`takes`} `,
    named(content.layers[l].from[i] ? name : said`input`),
  ]);

// The heading of a layer, what its numbers are shown in, and a line for its working.
function layerSection(content, l, ...parts) {
  const layer = content.layers[l],
    kind = layer.kind === "dense" ? "" : `${layer.kind.replace("_", " ")}, `;
  return make(
    "section",
    { "data-layer": l },
    make(
      "h2",
      {},
      `${said`layer ${l + 1} of ${content.layers.length}`}: `,
      named(layer.name),
      ` (${kind}${layer.activation.name})`,
    ),
    ...(isNext(layer, l) ? [] : [make("p", {}, ...takes(content, l))]),
    ...parts,
    make("p", { class: "working", "data-working": `layer ${l}` }),
  );
}

function denseSection(content, l, onedit) {
  const layer = content.layers[l],
    { input, output, weights } = letters(content, l);
  const units = layer.weights[0].map((_, j) => unitName(content, l, j));
  const rows = layer.weights.map((row, i) => {
    const name = inputName(content, l, i),
      label = said`${name}, what comes in`;
    const value = l
      ? figureCell(`in${l + 1}.${i + 1}`, label)
      : make("td", {}, ...field(`x.${i}`, said`input ${name}`, onedit));
    return make(
      "tr",
      {},
      head("row", named(name)),
      value,
      ...row.map((_, j) =>
        make("td", {}, ...field(`w${l + 1}.${i + 1}.${j}`, said`weight of ${name} in ${units[j]}`, onedit)),
      ),
    );
  });
  if (layer.bias)
    rows.unshift(
      make(
        "tr",
        {},
        head("row", said`bias`),
        figureCell(`in${l + 1}.0`, said`the leading 1`),
        ...layer.bias.map((_, j) => make("td", {}, ...field(`w${l + 1}.0.${j}`, said`bias of ${units[j]}`, onedit))),
      ),
    );
  const identity = layer.activation.name === "identity";
  const result = (letter, formula, name, what) =>
    make(
      "tr",
      { class: "result" },
      make("th", { scope: "row", colspan: 2 }, make("var", {}, letter), ` = ${formula}`),
      ...units.map((unit, j) => figureCell(`${name}${l + 1}.${j}`, `${unit}, ${what}`)),
    );
  const foot = [result(identity ? output : "z", `${input} ${weights}`, "z", identity ? said`result` : said`sum`)];
  if (!identity) foot.push(result(output, `${layer.activation.name}(z)`, "y", said`result`));
  const header = make(
    "tr",
    {},
    make("td", {}),
    head("col", make("var", {}, input)),
    ...units.map((unit) => head("col", named(unit))),
  );
  const table = make("table", {}, make("thead", {}, header), make("tbody", {}, ...rows), make("tfoot", {}, ...foot));
  return layerSection(content, l, make("div", { class: "wide" }, table));
}

// The classes, or the outputs, of a network.
function outputSection(content, found) {
  const columns = found.probabilities ? (content.kind === "multi-class" ? ["f", "s"] : ["s"]) : ["o"];
  const names = found.probabilities ? content.classes : content.outputs;
  const rows = names.map((name, i) =>
    make(
      "tr",
      {},
      head("row", named(name)),
      ...columns.map((letter) => figureCell(`${letter}.${i}`, said`${letter === "o" ? "f" : letter} of ${name}`)),
    ),
  );
  const unit = columns[0] === "o" && content.unit ? [" ", named(`(${content.unit})`)] : [];
  const titles = columns.map((letter) => head("col", make("var", {}, letter === "o" ? "f" : letter), ...unit));
  return make(
    "section",
    {},
    make("h2", {}, found.probabilities ? said`classes` : said`output`),
    make(
      "div",
      { class: "wide" },
      make(
        "table",
        {},
        make("thead", {}, make("tr", {}, head("col", found.probabilities ? said`class` : said`output`), ...titles)),
        make("tbody", {}, ...rows),
      ),
    ),
    make("p", { id: "prediction" }),
    make("p", { class: "working", "data-working": "classes" }),
  );
}

function lossSection(content, onedit) {
  const { loss, truth } = content,
    labelled = truth.label !== null;
  const columns = [["loss.f", "f"], ...(loss.probabilities ? [["loss.s", "s"]] : []), ["loss.term", loss.term]];
  const names = content.outputs;
  const rows = names.map((name, i) =>
    make(
      "tr",
      {},
      head("row", named(name)),
      labelled
        ? figureCell(`loss.g.${i}`, said`target of ${name}`)
        : make("td", {}, ...field(`g.${i}`, said`target of ${name}`, onedit)),
      ...columns.map(([id, letter]) => figureCell(`${id}.${i}`, said`${letter} of ${name}`)),
    ),
  );
  const total = make(
    "tr",
    { class: "result" },
    make("th", { scope: "row", colspan: columns.length + 1 }, make("var", {}, "L")),
    figureCell("L", said`the loss L`),
  );
  const header = ["g", ...columns.map(([, letter]) => letter)].map((letter) => head("col", make("var", {}, letter)));
  const choice = labelled ? [make("p", {}, said`the right class`, ": ", labelField(truth.classes, onedit))] : [];
  return make(
    "section",
    {},
    make("h2", {}, said`loss`, ": ", said([loss.name])),
    make("p", { class: "formula" }, document.getElementById("formula").content.cloneNode(true)),
    ...choice,
    make(
      "div",
      { class: "wide" },
      make(
        "table",
        {},
        make("thead", {}, make("tr", {}, head("col", said`output`), ...header)),
        make("tbody", {}, ...rows),
        make("tfoot", {}, total),
      ),
    ),
    make("p", { id: "target-note", class: "note" }),
    make("p", { class: "working", "data-working": "loss" }),
  );
}

// The gradient of each number of a dense layer, and what it is after the step.
function denseLearning(content, l) {
  const layer = content.layers[l];
  const units = layer.weights[0].map((_, j) => unitName(content, l, j));
  const rows = [...(layer.bias ? [0] : []), ...layer.weights.map((_, i) => i + 1)];
  const line = (i) => {
    const name = i ? inputName(content, l, i - 1) : said`bias`;
    const of = (what) =>
      units.map((unit, j) =>
        figureCell(`${what}${l + 1}.${i}.${j}`, what === "d" ? said`gradient, ${name} in ${unit}` : said`new number, ${name} in ${unit}`),
      );
    return make("tr", {}, head("row", named(name)), ...of("d"), ...of("new"));
  };
  const header = (...cells) => make("tr", {}, make("td", {}), ...cells);
  const wide = (words) => make("th", { scope: "colgroup", colspan: units.length }, words);
  return [
    header(wide(said`gradient`), wide(said`after the step`)),
    header(...[...units, ...units].map((unit) => head("col", named(unit)))),
    ...rows.map(line),
  ];
}

// One step of learning.
function learningSection(content, onedit, apply, redraw) {
  const tables = content.layers.flatMap((layer, l) => {
    const rows = viewOf(layer).learning(content, l);
    const table = make("table", { class: "learning" }, make("caption", {}, named(layer.name)), ...rows);
    return rows.length ? [make("div", { class: "wide" }, table)] : [];
  });
  const after = figureCell("L.after", said`L after the step`);
  return make(
    "details",
    { id: "learning", ontoggle: redraw },
    make("summary", {}, said`One step of learning`),
    make(
      "p",
      {},
      said`Each number less the rate times its gradient`, ": ",
      make("label", {}, said`rate`, " ", ...field("rate", said`rate`, onedit)),
      " ",
      make("button", { type: "button", id: "apply", onclick: apply }, said`Apply`),
    ),
    make("table", {}, make("tr", {}, head("row", make("var", {}, "L"), " ", said`after the step`), after)),
    ...tables,
  );
}

function labelField(classes, onedit) {
  const error = make("span", { class: "error", id: "error-label" });
  const input = make(
    "select",
    {
      id: "field-label",
      "data-key": "label",
      "aria-label": said`the right class`,
      onchange: () => onedit("label", input.value),
    },
    ...classes.map((name) => make("option", { value: name }, name)),
  );
  fields.set("label", { input, error, label: said`the right class` });
  return make("span", {}, input, error);
}
