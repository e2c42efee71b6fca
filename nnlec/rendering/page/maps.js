// Layers other than dense ones as they are shown: maps as grids, and how one number of them comes about.

// The grids of an array: {place, start, rows, columns}; the axes before `leading` never stand in a grid.
function gridsOf(shape, leading) {
  const inside_ = shape.slice(Math.max(leading, shape.length - 2)),
    outside = shape.slice(0, shape.length - inside_.length);
  const [columns = 1, rows = 1] = [...inside_].reverse();
  return range(countOf(outside)).map((n) => ({
    place: placeIn(n, outside).map((i) => i + 1),
    start: n * rows * columns,
    rows,
    columns,
  }));
}
const mapGrids = (shape) => gridsOf(shape, shape.length > 1 ? 1 : 0);
const ofGrid = (letter, { place }) => (place.length ? `${letter}[${place}]` : letter);

const table = (caption, rows, columns, cellAt, heads = []) =>
  make(
    "table",
    { class: "grid" },
    make("caption", {}, caption),
    ...(heads.length ? [make("tr", {}, ...heads.map((name) => head("col", named(name))))] : []),
    ...range(rows).map((i) => make("tr", {}, ...range(columns).map((j) => cellAt(i * columns + j)))),
  );

const gridTables = (letter, grids, cellAt, heads) =>
  grids.map((grid) => table(ofGrid(letter, grid), grid.rows, grid.columns, (at) => cellAt(grid.start + at), heads));

const ofLayer = (content, l) => (content.layers.length > 1 ? raised(l + 1) : "");

function arrayGrids(content, l, onedit) {
  return Object.entries(content.layers[l].arrays).flatMap(([name, { shape }]) => {
    const letter = name === "weights" ? `w${ofLayer(content, l)}` : name;
    const tables = gridTables(letter, gridsOf(shape, name === "weights" ? 2 : 0), (at) => {
      const place = placeIn(at, shape),
        of = `${name}${place.length ? `[${place.map((i) => i + 1)}]` : ""}`,
        label = said`${of} of ${content.layers[l].name}`;
      return make("td", {}, ...field(`w${l + 1}.${[name, ...place].join(".")}`, label, onedit));
    });
    return name === "weights" ? [make("div", { class: "maps" }, ...tables)] : tables;
  });
}

const MOST_OPEN = 24; // grids of kernels that are shown at once

const IN_WORDS = { dropout: said`every number as it is`, concat: said`the numbers of each, one behind the other` };

function otherSection(content, l, onedit) {
  const layer = content.layers[l],
    { output } = letters(content, l),
    parts = [];
  const group = (tables) => make("div", { class: "maps" }, ...tables);
  if (!l) {
    const names = layer.in.length > 1 ? [] : content.inputs;
    const cell = (i) => make("td", {}, ...field(`x.${i}`, said`input ${content.inputs[i]}`, onedit));
    parts.push(group(gridTables("x", mapGrids(layer.in), cell, names)));
  }
  const kernels = arrayGrids(content, l, onedit),
    many = kernels[0]?.childElementCount > MOST_OPEN;
  if (kernels.length)
    parts.push(many ? make("details", {}, make("summary", {}, "kernels"), ...kernels) : group(kernels));
  if (layer.activation.name === "identity" && isMoved(layer) && (layer.out.length < 2 || layer.kind === "dropout")) {
    const words = IN_WORDS[layer.kind] || said`the same numbers as one row, map after map`;
    return layerSection(content, l, ...parts, make("p", {}, words));
  }
  const names = layer.out.length > 1 ? [] : range(countOf(layer.out)).map((unit) => unitName(content, l, unit));
  const results = (letter, what, words) =>
    group(
      gridTables(
        letter,
        mapGrids(layer.out),
        (unit) => figureCell(`${what}${l + 1}.${unit}`, `${unitName(content, l, unit)}, ${words}`),
        names,
      ),
    );
  if (layer.activation.name === "identity") parts.push(results(output, "z", said`result`));
  else
    parts.push(
      results(`z${ofLayer(content, l)}`, "z", said`sum`),
      make("p", {}, make("var", {}, output), ` = ${layer.activation.name}(z)`),
      results(output, "y", said`result`),
    );
  return layerSection(content, l, ...parts, make("div", { class: "cell", "data-cell": l }));
}

function otherLearning(content, l) {
  const { learned = [] } = kindOf(content.layers[l]);
  const rows = kindOf(content.layers[l])
    .numbers(content.layers[l])
    .filter(([name]) => learned.includes(name.split(".")[0]))
    .map(([name]) => {
      const [array, ...place] = name.split("."),
        words = `${array}${place.length ? `[${place.map((i) => Number(i) + 1)}]` : ""}`;
      return make(
        "tr",
        {},
        head("row", words),
        figureCell(`d${l + 1}.${name}`, said`gradient, ${words}`),
        figureCell(`new${l + 1}.${name}`, said`new number, ${words}`),
      );
    });
  const heads = make("tr", {}, make("td", {}), head("col", said`gradient`), head("col", said`after the step`));
  return rows.length ? [heads, ...rows] : [];
}

// What meets in one unit: {x, w}, the input and the weight as texts, {number, weight}, both in full, their product, and
// their places.
function meetingsOf(content, found, figures, l, unit) {
  const layer = found.numbers.network.layers[l],
    { inputs } = found.trace[l],
    { meetings } = kindOf(layer);
  const padding = layer.kind === "conv" || layer.count_padding ? "0" : "·";
  const met = meetings ? meetings(layer, unit) : kindOf(layer)
        .sources(layer, unit)
        .map((source) => ({ source }));
  const all = met.map(({ source, place }) => {
    const number = source < 0 ? ZERO : inputs[source],
      weight = place === undefined ? ONE : layer.arrays.weights.numbers[place];
    const x = source < 0 ? padding : figures.get(`in${l + 1}.${source + 1}`);
    return { source, place, number, weight, x, product: product(number, weight) };
  });
  if (layer.kind === "conv")
    for (const { part } of windowGrids(layer, all)) {
      const shown = texts(
        part.map((each) => each.weight),
        content.rounding,
      );
      part.forEach((each, i) => Object.assign(each, { w: shown[i] }));
    }
  return all;
}

// The grids of a window: what meets in each of them, one behind the other.
function windowGrids(layer, met) {
  const [columns, rows = 1] = layer.axes.map(({ window }) => window).reverse();
  return rowsBy(met, rows * columns).map((part) => ({ part, rows, columns }));
}

const sumIn = (part) =>
  total(
    part.map((each) => each.product),
    EXACT,
  );

function drawCell(content, found, figures, l, unit) {
  const layer = found.numbers.network.layers[l],
    box = document.querySelector(`[data-cell="${l}"]`);
  if (!box || !layer.axes) return;
  const met = meetingsOf(content, found, figures, l, unit),
    winner = layer.kind === "max_pool" ? winnerOf(layer, found.trace[l].inputs, unit) : -1;
  const cell = (words, marks) => make("td", marks ? { class: marks } : {}, words);
  const marks = ({ source }) => (source < 0 ? "padding" : source === winner ? "lit" : "");
  const before = l ? letters(content, l).input : "x";
  const lines = windowGrids(layer, met).map(({ part, rows, columns }) => {
    const source = part.find((each) => each.source >= 0)?.source;
    const [first] = source === undefined ? [] : mapGrids(layer.in).filter(({ start }) => start <= source).slice(-1);
    const name = first ? ofGrid(before, first) : said`padding`;
    const shown = [table(name, rows, columns, (i) => cell(part[i].x, marks(part[i])))];
    if (layer.kind === "conv") {
      const { shape } = layer.arrays.weights;
      const products = texts(
        part.map((each) => each.product),
        content.rounding,
      );
      const place = placeIn(part[0].place, shape).slice(0, Math.max(2, shape.length - 2));
      shown.push(
        make("span", {}, "×"),
        table(`w${ofLayer(content, l)}[${place.map((i) => i + 1)}]`, rows, columns, (i) => cell(part[i].w)),
        make("span", {}, "="),
        table(said`products, sum ${text(sumIn(part), content.rounding)}`, rows, columns, (i) => cell(products[i])),
      );
    }
    return make("div", { class: "line" }, ...shown);
  });
  box.replaceChildren(...lines);
}

// How one number comes about, on one line, before its activation.
function otherSums(content, found, figures, l, unit) {
  const layer = found.numbers.network.layers[l],
    r = content.rounding,
    z = found.trace[l].z[unit],
    shown = figures.get(`z${l + 1}.${unit}`);
  const name = layer.activation.name === "identity" ? unitName(content, l, unit) : said`${"z"} of ${unitName(content, l, unit)}`;
  const met = meetingsOf(content, found, figures, l, unit),
    isExact = met.every(({ x, number, w, weight }) => x === "·" || (isShown(number, x) && (!w || isShown(weight, w))));
  const result = (words, exact = true) => `${words} ${relation(exact && isShown(z, shown))} ${shown}`;
  const begin = (words) => `${name} ${relation(isExact)} ${words}`;
  if (isMoved(layer)) return result(`${name} = ${inputName(content, l, met[0].source)}`);
  if (layer.kind === "max_pool")
    return result(begin(`max(${inside(met).map(({ x }) => x).join(", ")})`));
  if (layer.kind === "average_pool") {
    const counted_ = met.filter(({ x }) => x !== "·"),
      sum = text(sumIn(counted_), r);
    const mean = (sum_) => `${sum_} / ${counted_.length}`;
    return result(`${begin(mean(`(${summed(counted_.map(({ x }) => x))})`))} ${relation(isExact)} ${mean(sum)}`);
  }
  const own = (numbers) => Object.fromEntries(Object.entries(numbers).map(([key, x]) => [key, bracketed(inFull(x))]));
  const sign_ = { add: " + ", multiply: " × " }[layer.kind];
  if (sign_) return result(begin(met.map(({ x }) => bracketed(x)).join(sign_)));
  const x = bracketed(layer.kind === "layer_norm" ? figures.get(`in${l + 1}.${unit + 1}`) : met[0].x);
  if (layer.kind === "scale") {
    const { subtract, divide, multiply, add: added } = own(scaleNumbers(layer, unit));
    return result(begin(`(${x} − ${subtract}) / ${divide} × ${multiply} + ${added}`));
  }
  if (layer.kind === "batch_norm") {
    const { mean, variance, epsilon, scale, shift } = own(normNumbers(layer, unit));
    return result(begin(`(${x} − ${mean}) / √(${variance} + ${epsilon}) × ${scale} + ${shift}`));
  }
  if (layer.kind === "layer_norm") return result(layerNormWords(content, layer, met, unit, name, x));
  return convLine(layer, unit, met, r, begin, result, isExact);
}

function layerNormWords(content, layer, met, unit, name, x) {
  const p = content.precision,
    numbers = met.map(({ number }) => number),
    count = D(numbers.length);
  const mean = div(total(numbers, EXACT), count, p),
    squares = numbers.map((number) => square(sub(number, mean, p), p));
  const [m, v] = [mean, div(total(squares, p), count, p)].map((each) => bracketed(text(each, content.rounding)));
  const own = (key) => bracketed(inFull(inGroup(layer.arrays[key], unit % numbers.length)));
  const spread = `${said`of ${numbers.length} numbers the mean is ${m}, the variance ${v}`}: `;
  return `${spread}${name} ≈ (${x} − ${m}) / √(${v} + ${own("epsilon")}) × ${own("scale")} + ${own("shift")}`;
}

function convLine(layer, unit, met, r, begin, result, isExact) {
  const bias = layer.arrays.bias && ofUnit(layer, layer.arrays.bias, unit),
    grids = windowGrids(layer, met);
  const parts = grids.length > 1 ? grids.map(({ part }) => sumIn(part)) : met.map((each) => each.product);
  const numbers = [...(bias ? [bias] : []), ...parts],
    shown = numbers.map((x) => text(x, r)),
    exact = numbers.every((x, i) => isShown(x, shown[i]));
  if (grids.length > 1) {
    const words = `${bias ? `${said`bias`} + ` : ""}${said`the sums of ${grids.length} windows`}`;
    return result(`${begin(words)} ${relation(exact)} ${summed(shown)}`, exact);
  }
  const products = met.map(({ x, w }) => `${bracketed(x)} × ${bracketed(w)}`);
  if (bias) products.unshift(`1 × ${bracketed(inFull(bias))}`);
  return result(`${begin(products.join(" + "))} ${relation(exact && isExact)} ${summed(shown)}`, exact && isExact);
}

// The cells that a number is made of, which may stand some layers before.
function otherLit(content, l, unit) {
  const layer = content.layers[l],
    { meetings, sources } = kindOf(layer);
  const cellAt = (name) => (name.startsWith("x.") ? fields.get(name).input.closest("td") : cells.get(name)?.cell);
  const taken = sources(layer, unit).map((i) => cellAt(comesFrom(l, i)));
  const own = layer.kind === "conv" ? meetings(layer, unit) : [];
  const weights = own.map(({ place }) => ["weights", ...placeIn(place, layer.arrays.weights.shape)].join("."));
  if (layer.kind === "conv" && layer.arrays.bias) weights.push(`bias.${mapOf(layer, unit)}`);
  return [...taken.filter(Boolean), ...weights.map((name) => fields.get(`w${l + 1}.${name}`).input.closest("td"))];
}

function otherSlips(content, found, l, unit) {
  const layer = found.numbers.network.layers[l],
    { inputs, z } = found.trace[l],
    p = content.precision;
  const as = (words, other) => {
    const changed = { ...layer, ...other };
    return { words, value: kindOf(changed).sum(changed, inputs, unit, p) };
  };
  const without = (...names) =>
    Object.fromEntries(Object.entries(layer.arrays).filter(([name]) => !names.includes(name)));
  const slips = {
    max_pool: () => [as(said`the mean was taken for the largest`, { kind: "average_pool" })],
    average_pool: () => [
      as(said`the largest was taken for the mean`, { kind: "max_pool" }),
      { words: said`that is the sum, not the mean`, value: mul(z[unit], countIn(layer, unit), p) },
    ],
    conv: () => [
      as(layer.flip ? said`the kernel was laid on as written, not turned round` : said`the kernel was turned round`, {
        flip: !layer.flip,
      }),
      ...(layer.arrays.bias ? [as(said`the bias was forgotten`, { arrays: without("bias") })] : []),
    ],
    batch_norm: () => [
      as(said`the mean was not subtracted`, { arrays: without("mean") }),
      as(said`scale and shift were left out`, { arrays: without("scale", "shift") }),
    ],
  };
  return layer.kind in slips ? slips[layer.kind]() : [];
}

function otherYaml(layer, number) {
  const nested = (name, [n, ...shape], place) =>
    n === undefined
      ? number([name, ...place].join("."))
      : `[${range(n)
          .map((i) => nested(name, shape, [...place, i]))
          .join(", ")}]`;
  return [
    `type: ${layer.kind}`,
    ...Object.entries(layer.arrays).map(([name, { shape }]) => `${name}: ${nested(name, shape, [])}`),
    ...Object.entries(layer.keys).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
  ];
}

VIEWS.other = {
  section: otherSection,
  learning: otherLearning,
  terms: () => [],
  lit: (l, unit) => otherLit(content, l, unit),
  sums: otherSums,
  draw: drawCell,
  slips: otherSlips,
  yaml: otherYaml,
};
