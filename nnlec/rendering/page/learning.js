// One step of learning: dL/df, then from the last layer to the first the gradient of each number, and the new numbers.

const SLOPE_OF_LOSS = {
  "cross-entropy"(f, g, loss, p) {
    const scale = logScale(loss.base, p);
    return sharesLess(f, g, p).map((slope) => div(slope, scale, p));
  },
  "binary-cross-entropy": (f, g, loss, p) =>
    f.map((fi, i) => sub(mul(sub(ONE, g[i], p), sigmoid(fi, p), p), mul(g[i], sigmoid(neg(fi), p), p), p)),
  "negative-log-likelihood": (f, g) => g.map(neg),
  "mean-squared-error": ofDifference((d, loss, p) => mul(TWO, d, p)),
  "mean-absolute-error": ofDifference((d) => D(sign(d))),
  "half-mean-squared-error": ofDifference((d) => d),
  "sum-squared-error": ofDifference((d, loss, p) => mul(TWO, d, p)),
  "half-sum-squared-error": ofDifference((d) => d),
  huber: ofDifference((d, loss) => between(neg(loss.delta), d, loss.delta)),
  hinge: (f, g, loss, p) => f.map((fi, i) => (add(product(g[i], fi), MINUS_ONE, p).m < 0n ? fix(neg(g[i]), p) : ZERO)),
};
SLOPE_OF_LOSS["kl-divergence"] = SLOPE_OF_LOSS["cross-entropy"];

// dL/df of what the loss takes.
function slopesOfLoss(loss, predicted, target, p) {
  let g = smoothed(loss, target, p);
  const weigh = (row) => row.map((x, i) => mul(loss.weights[i], x, p)),
    weighted = loss.weights.length > 0;
  if (weighted && loss.weighs_target) g = weigh(g);
  let slopes = SLOPE_OF_LOSS[loss.name](predicted, g, loss, p);
  if (weighted && !loss.weighs_target) slopes = weigh(slopes);
  return loss.averages ? slopes.map((slope) => div(slope, D(slopes.length), p)) : slopes;
}

// For each layer dL/dz (delta), the gradient of each number as its kind has them, and dL/dx (below).
function gradients(network, trace, loss, target, p) {
  let upstream = slopesOfLoss(loss, predictedFor(loss, network, trace, p), target, p);
  if (loss.by_logarithms) upstream = sharesLess(logitsOf(network, trace, p), upstream, p).map(neg);
  const found = [],
    upstreams = [network.width, ...trace.map(({ y }) => y.length)].map((n) => range(n).map(() => ZERO));
  upstreams[trace.length] = upstream;
  for (let number = network.layers.length - 1; number >= 0; number -= 1) {
    const layer = network.layers[number],
      at = trace[number],
      above = upstreams[number + 1];
    const meets = loss.meets_logits && number === network.layers.length - 1;
    const delta = meets ? overScale(above, network.logit_scale, p) : back(layer, at, above, p);
    found.unshift({ kind: layer.kind, delta, ...kindOf(layer).back(layer, at, delta, p) });
    handDown(layer, found[0].below, upstreams);
  }
  return found;
}

// dL/dx of a layer is added to what comes down to each of the layers that it takes.
function handDown(layer, below, upstreams) {
  const left = [...below];
  for (const source of layer.from) upstreams[source] = upstreams[source].map((sum) => add(sum, left.shift(), EXACT));
}

function overScale(upstream, scale, p) {
  return scale === null || compare(scale, ONE) === 0 ? upstream : upstream.map((d) => div(d, scale, p));
}

function back(layer, at, upstream, p) {
  const { name, parameters } = layer.activation;
  if (name in BACKWARD) return BACKWARD[name](at.z, upstream, parameters, p);
  return at.z.map((z, i) => product(upstream[i], SLOPES[name](z, parameters, p, i)));
}

// The layers after the step: each number that is learned less the rate times its gradient.
function steppedLayers(network, back, rate) {
  const moved = (old, gradient) => (gradient ? add(old, neg(product(rate, gradient)), EXACT) : old);
  return network.layers.map((layer, l) => {
    const kind = kindOf(layer),
      gradients_ = new Map(kind.numbers(back[l]));
    return kind.withNumbers(
      layer,
      kind.numbers(layer).map(([name, x]) => moved(x, gradients_.get(name))),
    );
  });
}
