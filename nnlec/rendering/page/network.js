// The forward pass of one example, and the loss of what it gives.

const CANCELLED = 60; // digits that may cancel in the sum of a loss's terms

// The page's numbers, texts in the file, as numbers.
const parsed = (value) =>
  Array.isArray(value) ? value.map(parsed) : typeof value === "string" ? fromText(value) : value;

const product = (a, b) => mul(a, b, EXACT);

// What one unit of a dense layer adds up: the bias and each product, from the first to the last.
function unitTerms(layer, row, unit) {
  const products = row.map((x, i) => product(x, layer.weights[i][unit]));
  return layer.bias ? [layer.bias[unit], ...products] : products;
}

const FAR = 1000; // digits between the largest and the smallest product from which they are added one by one

// The sum of products: whole numbers of the smallest product's place are added up.
function sumOfProducts(xs, ws, bias) {
  let low = 0,
    high = 0;
  for (let i = 0; i < xs.length; i += 1) {
    const e = xs[i].e + ws[i].e;
    low = Math.min(low, e);
    high = Math.max(high, e);
  }
  const start = bias || ZERO;
  if (high - low > FAR) return total([start, ...xs.map((x, i) => product(x, ws[i]))], EXACT);
  let m = 0n;
  for (let i = 0; i < xs.length; i += 1) {
    const w = ws[i];
    m += xs[i].m * w.m * ten(xs[i].e + w.e - low);
  }
  return add(fix({ m, e: low }, EXACT), start, EXACT);
}

// A layer's numbers as rows, the bias first.
const rowsOf = (layer) => [layer.bias || [], ...layer.weights];
const countOf = (shape) => shape.reduce((product_, n) => product_ * n, 1);
// Where a number of a flat list stands in that shape.
const placeIn = (at, shape) => shape.map((n, axis) => Math.floor(at / countOf(shape.slice(axis + 1))) % n);
const range = (n) => Array.from({ length: n }, (_, i) => i);
const rowsBy = (list, width) => range(list.length / width).map((i) => list.slice(i * width, (i + 1) * width));

// What each kind of layer does; those of other kinds than dense stand in kinds.js. `sum` is one unit before its
// activation, `sources` the inputs it takes, `back` gives dL/dx and the gradient of each number, in the layer's own
// form; `numbers` are [name, number] of all that can be edited, and `withNumbers` is the layer with others in their place.
const KINDS = {
  dense: {
    sum: (layer, row, unit) =>
      sumOfProducts(
        row,
        layer.weights.map((ws) => ws[unit]),
        layer.bias && layer.bias[unit],
      ),
    sources: (layer) => range(layer.weights.length),
    numbers: (layer) => rowsOf(layer).flatMap((row, i) => row.map((w, j) => [`${i}.${j}`, w])),
    withNumbers(layer, numbers) {
      const weights = rowsBy(numbers, layer.weights[0].length);
      return { ...layer, bias: layer.bias && weights.shift(), weights };
    },
    back: (layer, at, delta) => ({
      weights: at.inputs.map((x) => delta.map((d) => product(d, x))),
      bias: layer.bias ? delta : null,
      below: layer.weights.map((row) => sumOfProducts(delta, row)),
    }),
  },
};
const isMoved = (layer) => ["flatten", "reshape", "transpose", "dropout", "concat"].includes(layer.kind);
const kindOf = (layer) => KINDS[layer.kind];

// {inputs, z, y} of each layer; `keep` is applied to each number before it is used again. A layer takes the rows that
// `from` names, one behind the other: 0 is the input, n what the nth layer gives.
function forward(network, inputs, p, keep = (x) => x) {
  const rows = [inputs];
  return network.layers.map((layer) => {
    const row = layer.from.flatMap((source) => rows[source]),
      { all, sum } = kindOf(layer);
    const sums = all ? all(layer, row, p) : range(countOf(layer.out)).map((unit) => sum(layer, row, unit, p));
    const z = sums.map(keep),
      y = activate(layer.activation, z, p).map(keep);
    rows.push(y);
    return { inputs: row, z, y };
  });
}

// The scores beneath a last softmax or sigmoid; else the outputs.
function logitsOf(network, trace, p) {
  const last = trace[trace.length - 1],
    scale = network.logit_scale;
  if (scale === null) return last.y;
  return compare(scale, ONE) === 0 ? last.z : last.z.map((z) => div(z, scale, p));
}

function probabilitiesOf(kind, logits, p) {
  if (kind === "multi-class") return softmax(logits, p);
  if (kind === "multi-label") return logits.map((f) => sigmoid(f, p));
  if (kind === "binary") return [sigmoid(neg(logits[0]), p), sigmoid(logits[0], p)];
  return null;
}

// Which class is chosen, by its place; null where there is no one class.
function chosen(kind, logits) {
  if (kind === "regression" || kind === "multi-label") return null;
  return logits.length === 1 ? Number(logits[0].m > 0n) : largest(logits);
}

const logScale = (base, p) => (base === "e" ? ONE : ln(D(Number(base)), p));
const timesOf = (g, surprise, p) => (isZero(g) ? ZERO : mul(g, surprise(), p));

const ofDifference = (function_) => (f, g, loss, p) => f.map((fi, i) => function_(sub(fi, g[i], p), loss, p));

// The terms of each loss, by nnlec's names, of what was predicted and the target.
const TERMS = {
  "cross-entropy"(f, g, loss, p) {
    const scale = logScale(loss.base, p),
      logs = logSoftmax(f, p);
    return g.map((gi, i) => timesOf(gi, () => div(fix(neg(logs[i]), p), scale, p), p));
  },
  "binary-cross-entropy": (f, g, loss, p) =>
    f.map((fi, i) => {
      const other = sub(ONE, g[i], p);
      return add(
        timesOf(g[i], () => softplus(neg(fi), p), p),
        timesOf(other, () => softplus(fi, p), p),
        p,
      );
    }),
  "negative-log-likelihood": (f, g, loss, p) => f.map((fi, i) => timesOf(g[i], () => neg(fi), p)),
  "kl-divergence"(f, g, loss, p) {
    const wide = p + CANCELLED,
      scale = logScale(loss.base, wide),
      logs = logSoftmax(f, wide);
    return g.map((gi, i) => timesOf(gi, () => div(sub(ln(gi, wide), logs[i], wide), scale, wide), wide));
  },
  "mean-squared-error": ofDifference((d, loss, p) => square(d, p)),
  "mean-absolute-error": ofDifference(magnitude),
  "half-mean-squared-error": ofDifference((d, loss, p) => div(square(d, p), TWO, p)),
  "sum-squared-error": ofDifference((d, loss, p) => square(d, p)),
  "half-sum-squared-error": ofDifference((d, loss, p) => div(square(d, p), TWO, p)),
  huber: ofDifference((d, loss, p) => {
    const far = magnitude(d);
    if (!above(far, loss.delta)) return div(square(far, p), TWO, p);
    return mul(loss.delta, sub(far, div(loss.delta, TWO, p), p), p);
  }),
  hinge: (f, g, loss, p) => f.map((fi, i) => larger(sub(ONE, product(g[i], fi), p), ZERO)),
};

// The target with its label smoothing.
function smoothed(loss, target, p) {
  if (isZero(loss.smoothing)) return target;
  const kept = sub(ONE, loss.smoothing, p),
    even = div(loss.smoothing, D(target.length), p);
  return target.map((g) => add(mul(kept, g, p), even, p));
}

// What a loss compares with its target: the logits, the outputs, or logarithms of probabilities.
function predictedFor(loss, network, trace, p) {
  if (loss.takes === "logits") return logitsOf(network, trace, p);
  return loss.by_logarithms ? logSoftmax(logitsOf(network, trace, p), p) : trace[trace.length - 1].y;
}

const PROBABILITIES = {
  softmax: (f, p) => softmax(f, p),
  sigmoid: (f, p) => f.map((x) => sigmoid(x, p)),
  exponential: (f, p) => f.map((x) => exp(x, p)),
};

// {predicted, target, probabilities, terms, value}.
function lossOf(loss, network, trace, target, p) {
  const predicted = predictedFor(loss, network, trace, p),
    g = smoothed(loss, target, p);
  let terms = TERMS[loss.name](predicted, g, loss, p);
  if (loss.weights.length)
    terms = terms.map((term, i) => (isZero(loss.weights[i]) ? ZERO : mul(loss.weights[i], term, p)));
  const wide = p + CANCELLED,
    sum = total(terms, wide),
    whole = total(terms.map(magnitude), wide);
  const cancelled = compare(magnitude(sum), { m: whole.m, e: whole.e + CANCELLED / 2 - wide }) < 0;
  const kept = cancelled ? ZERO : sum;
  const value = loss.averages ? div(kept, D(terms.length), p) : fix(kept, p);
  const probabilities = loss.probabilities ? PROBABILITIES[loss.probabilities](predicted, p) : null;
  return { predicted, target: g, probabilities, terms, value };
}

// What is wrong with a target, in words; null where it can be one.
const ALLOWED = {
  distribution: [(g) => g.m >= 0n, said`a probability, which is not negative`],
  each: [(g) => g.m >= 0n && !above(g, ONE), said`a probability from 0 to 1`],
  sign: [(g) => compare(magnitude(g), ONE) === 0, said`-1 or 1`],
  real: [() => true, ""],
};
function targetError(kind, target) {
  const [allowed, expected] = ALLOWED[kind];
  const wrong = target.find((g) => !allowed(g));
  if (wrong) return said`the target ${inFull(wrong)} cannot be, expected ${expected}`;
  if (kind === "distribution" && target.every(isZero)) return said`the target is all zeros, expected numbers that sum to 1`;
  return null;
}
