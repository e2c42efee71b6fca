// Walking through the computation: product after product, sum, activation; each is lit and said.

const walked = { steps: [], at: -1 };

// {l, unit, term}: term counts the bias (0) and the inputs from 1; "sum" and "activation" follow. Then {share}, a
// class, and {loss}.
function walkSteps(content, found) {
  const steps = content.layers.flatMap((layer, l) => {
    const after = layer.activation.name === "identity" ? [] : ["activation"];
    const terms = isMoved(layer) ? after : [...viewOf(layer).terms(layer), "sum", ...after];
    return range(countOf(layer.out)).flatMap((unit) => terms.map((term) => ({ l, unit, term })));
  });
  steps.push(...(found.probabilities || []).map((_, share) => ({ share })), ...(content.loss ? [{ loss: true }] : []));
  return steps;
}

const denseTerms = ({ bias, weights }) => [...(bias ? [0] : []), ...weights.map((_, i) => i + 1)];

// A number among operators: a negative one in brackets.
const bracketed = (text) => (text.startsWith("-") ? `(${text})` : text);
const summed = (terms) =>
  terms.map((text_, i) => (i ? (text_.startsWith("-") ? ` − ${text_.slice(1)}` : ` + ${text_}`) : text_)).join("");
const relation = (exact) => (exact ? "=" : "≈");
const isShown = (x, shown) => compare(fromText(shown), x) === 0;

// The parts of a unit's sum: each {x, w, product} as texts and whether they are shown in full.
function unitParts(content, found, figures, l, unit) {
  const r = content.rounding,
    layer = found.numbers.network.layers[l],
    at = found.trace[l];
  const rows = rowsOf(layer),
    first = layer.bias ? 0 : 1;
  const numbers = rows
    .slice(first)
    .map((row, i) => ({ x: i + first ? at.inputs[i + first - 1] : ONE, w: row[unit], term: i + first }));
  return numbers.map(({ x, w, term }) => {
    const product_ = product(x, w),
      typedW = inFull(w),
      shownX = term ? figures.get(`in${l + 1}.${term}`) : "1";
    const shown = text(product_, r);
    return {
      term,
      x: shownX,
      w: typedW,
      product: shown,
      exact: isShown(product_, shown) && isShown(x, shownX),
      number: product_,
    };
  });
}

// A unit's sum on one line: each product, the products, the sum.
function sumLines(content, found, figures, l, unit) {
  const parts = unitParts(content, found, figures, l, unit),
    name = unitName(content, l, unit);
  const identity = content.layers[l].activation.name === "identity",
    left = identity ? name : said`${"z"} of ${name}`;
  const products = parts.map(({ x, w }) => `${bracketed(x)} × ${bracketed(w)}`).join(" + ");
  const sums = summed(parts.map((part) => part.product));
  const shown = figures.get(`z${l + 1}.${unit}`),
    exact = parts.every((each) => each.exact);
  const first = relation(parts.every(({ x, term }) => isShown(term ? found.trace[l].inputs[term - 1] : ONE, x)));
  return `${left} ${first} ${products} ${relation(exact)} ${sums} ${relation(exact && isShown(found.trace[l].z[unit], shown))} ${shown}`;
}

function activationLine(content, found, figures, l, unit) {
  const { activation } = found.numbers.network.layers[l],
    at = found.trace[l],
    name = unitName(content, l, unit);
  const z = figures.get(`z${l + 1}.${unit}`),
    y = figures.get(`y${l + 1}.${unit}`);
  if (activation.name in OF_ROWS)
    return `${name} = ${said`${activation.name} of all z, here ${z},`} ${relation(isShown(at.y[unit], y))} ${y}`;
  const row = at.z.map((own, j) => (j === unit ? fromText(z) : own));
  const given = activate(activation, row, content.precision)[unit];
  return `${name} ${relation(isShown(at.z[unit], z))} ${activation.name}(${z}) ${relation(isShown(given, y))} ${y}`;
}

const MOST_WRITTEN_OUT = D(1, 6); // a score of more digits has an e^f that nobody reads

// How a class's probability comes from the scores.
function shareLine(content, found, figures, share) {
  const name = said`${"s"} of ${content.classes[share]}`,
    s = figures.get(`s.${share}`),
    r = content.rounding,
    p = content.precision;
  const f = found.logits[Math.min(share, found.logits.length - 1)];
  if (found.logits.some((each) => above(magnitude(each), MOST_WRITTEN_OUT)))
    return said`${name} ≈ ${s}: its e^f is too long to be written out`;
  if (content.kind !== "multi-class") {
    const other = content.kind === "binary" && share === 0,
      z = text(other ? neg(f) : f, r);
    return `${name} = 1 / (1 + e^(−${bracketed(z)})) ≈ ${s}`;
  }
  const e = found.logits.map((each) => exp(each, p)),
    sum = text(total(e, p), r);
  const shown = text(f, r);
  return `${name} ${relation(isShown(f, shown))} e^${bracketed(shown)} / Σ e^f ≈ ${text(e[share], r)} / ${sum} ≈ ${s}`;
}

function lossLine(content, found, figures) {
  const r = content.rounding,
    terms = found.loss.terms,
    shown = terms.map((x) => text(x, r));
  const sum = summed(shown);
  const mean = content.loss.averages && terms.length > 1,
    L = figures.get("L");
  const exact = terms.every((x, i) => isShown(x, shown[i])) && isShown(found.loss.value, L);
  return `L = ${mean ? `(${sum}) / ${terms.length}` : sum} ${relation(exact)} ${L}`;
}

// What a step of the walk says.
function stepText(content, found, figures, { l, unit, term, share, loss }) {
  if (loss) return lossLine(content, found, figures);
  if (share !== undefined) return shareLine(content, found, figures, share);
  const name = unitName(content, l, unit);
  if (term === "activation") return activationLine(content, found, figures, l, unit);
  if (content.layers[l].kind !== "dense") return viewOf(content.layers[l]).sums(content, found, figures, l, unit);
  const parts = unitParts(content, found, figures, l, unit);
  const sum = figures.get(`z${l + 1}.${unit}`);
  if (term === "sum") return said`${name}: the sum of ${parts.length} terms is ${sum}`;
  const at = parts.findIndex((part) => part.term === term),
    part = parts[at];
  const soFar = text(
    total(
      parts.slice(0, at + 1).map((each) => each.number),
      EXACT,
    ),
    content.rounding,
  );
  const what = term
    ? `${inputName(content, l, term - 1)}: ${bracketed(part.x)} × ${bracketed(part.w)}`
    : `${said`bias`}: 1 × ${bracketed(part.w)}`;
  return `${name}, ${what} ${relation(part.exact)} ${part.product}${at ? `; ${said`so far ${soFar}`}` : ""}`;
}

// The cells that a step is about.
function stepCells({ l, unit, term, share, loss }) {
  if (loss) return [...cells].filter(([name]) => /^(loss\.term|L$)/.test(name)).map(([, { cell }]) => cell);
  if (share !== undefined) return [cells.get(`s.${share}`).cell];
  if (term === "sum") return [...viewOf(content.layers[l]).lit(l, unit), cells.get(`z${l + 1}.${unit}`).cell];
  if (term === "activation")
    return [cells.get(`z${l + 1}.${unit}`), cells.get(`y${l + 1}.${unit}`)].map(({ cell }) => cell);
  const weight = fields.get(`w${l + 1}.${term}.${unit}`).input.closest("td");
  return [weight, weight.parentElement.querySelector("td")];
}

function light(lit, stay = false) {
  for (const cell of document.querySelectorAll(".lit")) cell.classList.remove("lit");
  for (const cell of lit) cell.classList.add("lit");
  if (lit.length && !stay) lit[0].scrollIntoView({ block: "nearest", inline: "nearest" });
}
