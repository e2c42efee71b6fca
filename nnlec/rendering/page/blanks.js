// Figures to fill in: what is typed is right, right with rounded figures gone on with, right for the figures typed
// before, or what a known slip gives.

const blanks = { on: false, shown: false, typed: new Map(), right: new Set() };
const BLANK = /^(?:[zy]\d+\.|s\.|loss\.term\.|L$)/;

const decimalsTyped = (text) => {
  const [mantissa, exponent = "0"] = text.trim().toLowerCase().split("e");
  return (mantissa.split(".")[1] || "").length - Number(exponent);
};
// Whether a figure of so many decimals is what a number rounds to.
const claims = (figure, decimals, x) => compare(magnitude(sub(figure, x, EXACT)), { m: 5n, e: -decimals - 1 }) <= 0;

function exactOf(found, name) {
  const [what, i] = name.split("."),
    l = Number(what.slice(1)) - 1;
  if (name === "L") return found.loss.value;
  if (what === "loss") return found.loss.terms[Number(name.split(".")[2])];
  return what === "s" ? found.probabilities[i] : found.trace[l][what[0]][i];
}

// The sums that slips in one unit give, each {words, value}.
function sumSlips(content, found, l, unit) {
  const layer = found.numbers.network.layers[l],
    at = found.trace[l],
    z = at.z[unit],
    slips = [];
  const slip = (words, value) => slips.push({ words, value });
  const sum = (xs, ws, start) => total([start, ...xs.map((x, i) => product(x, ws[i]))], EXACT);
  if (layer.bias) slip(said`the bias was forgotten`, sub(z, layer.bias[unit], EXACT));
  if (layer.weights.length === at.z.length)
    slip(
      said`the weights were taken from a row, not from a column`,
      sum(at.inputs, layer.weights[unit], layer.bias ? layer.bias[unit] : ZERO),
    );
  if (layer.bias && layer.weights.length + 1 === at.z.length)
    slip(said`the weights were taken from a row, not from a column`, sum([ONE, ...at.inputs], rowsOf(layer)[unit], ZERO));
  at.inputs.forEach((x, i) => {
    const part = product(x, layer.weights[i][unit]),
      name = inputName(content, l, i);
    slip(said`the product with ${name} was left out`, sub(z, part, EXACT));
    slip(said`the product with ${name} has the other sign`, sub(z, mul(TWO, part, EXACT), EXACT));
  });
  return slips;
}

function slipsOf(content, found, name) {
  const p = content.precision,
    x = exactOf(found, name),
    sign_ = { words: said`it lost or gained its minus`, value: neg(x) };
  const match = name.match(/^([zy])(\d+)\.(\d+)$/);
  if (match) {
    const l = Number(match[2]) - 1,
      unit = Number(match[3]),
      at = found.trace[l],
      { activation } = found.numbers.network.layers[l];
    const through = (z) =>
      activate(
        activation,
        at.z.map((own, j) => (j === unit ? z : own)),
        p,
      )[unit];
    const sums = viewOf(content.layers[l]).slips(content, found, l, unit);
    if (match[1] === "z")
      return [sign_, ...sums, { words: said`${activation.name} is applied already`, value: at.y[unit] }];
    return [
      { words: said`${activation.name} was forgotten`, value: at.z[unit] },
      sign_,
      ...sums.map(({ words, value }) => ({ words, value: through(value) })),
    ];
  }
  if (name[0] === "s") return shareSlips(content, found, Number(name.split(".")[1]), x);
  const of = content.loss;
  const slips = of.probabilities
    ? [10, 2].map((base) => ({ words: said`the logarithm was taken to base ${base}`, value: div(x, ln(D(base), p), p) }))
    : [];
  if (of.name.startsWith("half")) slips.push({ words: said`the half was forgotten`, value: mul(TWO, x, EXACT) });
  if (of.averages && name === "L")
    slips.push({ words: said`that is the sum, not the mean`, value: total(found.loss.terms, EXACT) });
  return [sign_, ...slips];
}

function shareSlips(content, found, i, s) {
  if (content.kind !== "multi-class") return [{ words: said`that is 1 less the probability`, value: sub(ONE, s, EXACT) }];
  const f = found.logits[i],
    slips = [{ words: said`that is the score f itself`, value: f }];
  if (!above(magnitude(f), MOST_WRITTEN_OUT))
    slips.push({ words: said`that is e^f: it was not divided by the sum`, value: exp(f, content.precision) });
  return slips;
}

// A layer's own number again from what was typed before it; null where that is not all there.
function fromTyped(content, found, name) {
  const match = name.match(/^([zy])(\d+)\.(\d+)$/);
  if (!match) return null;
  const l = Number(match[2]) - 1,
    unit = Number(match[3]),
    layer = found.numbers.network.layers[l];
  const read = (key) => typed(blanks.typed.get(key) ?? "").number ?? null;
  if (match[1] === "y") {
    const row = found.trace[l].z.map(
      (_, j) => read(`z${l + 1}.${j}`) ?? (j === unit || layer.activation.name in OF_ROWS ? null : ZERO),
    );
    return row.includes(null) ? null : activate(layer.activation, row, content.precision)[unit];
  }
  const row = found.trace[l].inputs.map(() => null),
    needed = kindOf(layer).sources(layer, unit);
  for (const i of needed) {
    const from = comesFrom(l, i);
    row[i] = from.startsWith("x.") ? found.trace[l].inputs[i] : read(from);
  }
  return needed.some((i) => row[i] === null) ? null : kindOf(layer).sum(layer, row, unit, content.precision);
}

// The figure that comes into layer l as its input i: that of a layer which does more than move numbers.
const comesFrom = (l, i) => givenBy(...sourceOf(content, l, i));

function givenBy(number, i) {
  if (!number) return `x.${i}`;
  const layer = content.layers[number - 1];
  if (layer.activation.name !== "identity") return `y${number}.${i}`;
  return isMoved(layer) ? comesFrom(number - 1, layer.order ? layer.order[i] : i) : `z${number}.${i}`;
}

function isBlank(name) {
  const sum = name.match(/^z(\d+)\./);
  return BLANK.test(name) && !(sum && isMoved(content.layers[sum[1] - 1]));
}

// {right, words} of a figure as it was typed.
function judge(content, found, name, text) {
  const { number, error } = typed(text.replace(/\u2212/g, "-"));
  if (error) return { right: false, words: error };
  const decimals = decimalsTyped(text),
    fits = (x) => claims(number, decimals, x);
  if (fits(exactOf(found, name))) return { right: true, words: said`right` };
  const carried = compute(content, found.numbers, (x) =>
    shownValue(x, { decimals: Math.max(0, decimals), fixed: true }),
  );
  if (fits(exactOf(carried, name))) return { right: true, words: said`right, with rounded figures gone on with` };
  const own = fromTyped(content, found, name);
  if (own && fits(own)) return { right: false, words: said`right for your figures before it, which are not` };
  const words = new Set(
    slipsOf(content, found, name)
      .filter(({ value }) => fits(value))
      .map((slip) => slip.words),
  );
  if (words.size > 3)
    return { right: false, words: said`wrong; more than three slips fit, it is too short a figure to tell` };
  const slips = [...words].join(`, ${said`or`} `);
  return { right: false, words: words.size ? said`wrong: ${slips}` : said`wrong` };
}

// Fields in place of figures; others that would tell them are covered.
function showBlanks() {
  if (!blanks.on && !blanks.shown) return;
  blanks.shown = blanks.on;
  for (const [name, { cell, button, label }] of cells) {
    const blank = blanks.on && isBlank(name);
    const field_ = cell.querySelector("input");
    if (blank && !field_) cell.append(...blankField(name, label));
    else if (!blank && field_) for (const each of cell.querySelectorAll("input, .verdict")) each.remove();
    button.hidden = blank;
    if (!blanks.on || blank || /^(?:in\d+\.0|in1\.|loss\.g\.|d\d|new\d)/.test(name)) continue;
    const [, what, l, i] = name.match(/^(in|z)(\d+)\.(\d+)$/) || [];
    const before = what === "in" ? comesFrom(Number(l) - 1, i - 1) : what && givenBy(Number(l), Number(i));
    cells.get(name).shown = null;
    button.textContent = blanks.right.has(before)
      ? blanks.typed.get(before)
      : before?.startsWith("x.")
        ? figures.get(name)
        : "·";
    button.setAttribute(
      "aria-label",
      `${label}: ${button.textContent === "·" ? said`not yet filled in` : button.textContent}`,
    );
  }
}

function blankField(name, label) {
  const verdict = make("span", { class: "verdict", id: `verdict-${name}` });
  const input = make("input", {
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    size: 6,
    "data-blank": name,
    "aria-label": said`${label}, to fill in`,
    "aria-describedby": verdict.id,
    onchange: () => fillIn(name, label, input, verdict),
  });
  return [input, verdict];
}

function fillIn(name, label, input, verdict) {
  if (!found) return;
  blanks.typed.set(name, input.value);
  const { right, words } = input.value.trim() ? judge(content, found, name, input.value) : { right: false, words: "" };
  if (right) blanks.right.add(name);
  else blanks.right.delete(name);
  verdict.textContent = words;
  verdict.classList.toggle("right", right);
  const asked = document.querySelectorAll("[data-blank]").length;
  say(said`${label}: ${words}. ${blanks.right.size} of ${asked} are right.`);
  showBlanks();
}

function toggleBlanks() {
  Object.assign(blanks, { on: !blanks.on, typed: new Map(), right: new Set() });
  document.getElementById("blanks").setAttribute("aria-pressed", blanks.on);
  document.body.classList.toggle("blanks", blanks.on);
  stopWalk();
  update();
  say(blanks.on ? said`the figures are covered: type them` : said`the figures are shown`);
}
