// The activations, by nnlec's names: each of a row of numbers before it, its parameters `a` and `p` digits; and how it
// changes with them, of one number each, or for a whole row from what comes down to it.

const between = (low, x, high) => smaller(larger(x, low), high);
const bit = (holds) => (holds ? ONE : ZERO);
const above = (x, y) => compare(x, y) > 0;
const timesShare = (x, share, p) => (isZero(share) ? ZERO : mul(x, share, p));
const square = (x, p) => mul(x, x, p);
const line = (x, a, p) => add(mul(a.alpha, x, EXACT), a.beta, p);
const leaky = (x, alpha, p) => (x.m < 0n ? mul(alpha, x, p) : x);
const each = (list, i) => (Array.isArray(list) ? list[i] : list);
const SIX = D(6),
  THREE = D(3),
  MINUS_ONE = D(-1);

const elu = (x, a, p) => (x.m > 0n ? x : mul(a.alpha, expm1(x, p), p));
const eluSlope = (x, a, p) => (x.m > 0n ? ONE : mul(a.alpha, exp(x, p), p));
function sigmoidSlope(x, p) {
  const e = exp(neg(magnitude(x)), p);
  return div(e, square(add(ONE, e, p), p), p);
}

// gelu_tanh is x / (1 + e^-u): the slope of u, and e^-|u|.
const CUBIC = D(44715, -6);
function geluTanhParts(x, p) {
  const slope = mul(TWO, sqrt(div(TWO, pi(p), p), p), p);
  const bent = (share) => add(ONE, mul(mul(share, x, p), x, p), p);
  const u = mul(mul(slope, x, p), bent(CUBIC), p);
  const e = above(u, LARGE) ? ZERO : exp(neg(magnitude(u)), p);
  return { steep: mul(slope, bent(mul(THREE, CUBIC, p)), p), e };
}
function geluTanhShare(x, { e }, p) {
  return div(x.m > 0n ? ONE : e, add(ONE, e, p), p);
}

const POINTWISE = {
  identity: (x) => x,
  step: (x, a) => (isZero(x) ? a.at_zero : bit(x.m > 0n)),
  sign: (x) => D(sign(x)),
  relu: (x) => larger(x, ZERO),
  leaky_relu: (x, a, p) => leaky(x, a.alpha, p),
  prelu: (x, a, p, i) => leaky(x, each(a.alpha, i), p),
  hard_sigmoid: (x, a, p) => between(ZERO, line(x, a, p), ONE),
  hard_swish(x, a, p) {
    const bounded = larger(x, D(-3));
    return div(mul(bounded, between(ZERO, add(bounded, THREE, p), SIX), p), SIX, p);
  },
  hard_tanh: (x) => between(MINUS_ONE, x, ONE),
  thresholded_relu: (x, a) => (above(x, a.alpha) ? x : ZERO),
  shrink: (x, a, p) => (above(magnitude(x), a.lambd) ? sub(x, x.m > 0n ? a.bias : neg(a.bias), p) : ZERO),
  sigmoid: (x, a, p) => sigmoid(x, p),
  tanh: (x, a, p) => tanh(x, p),
  elu,
  selu: (x, a, p) => mul(a.gamma, elu(x, a, p), p),
  celu: (x, a, p) => (x.m > 0n ? x : mul(a.alpha, expm1(div(x, a.alpha, p), p), p)),
  silu: (x, a, p) => timesShare(x, sigmoid(mul(a.beta, x, p), p), p),
  mish: (x, a, p) => timesShare(x, tanh(softplus(x, p), p), p),
  softplus: (x, a, p) => softplus(x, p),
  softsign: (x, a, p) => div(x, add(ONE, magnitude(x), p), p),
  exponential: (x, a, p) => exp(x, p),
  gelu: (x, a, p) => timesShare(x, normalBelow(x, p), p),
  gelu_tanh: (x, a, p) => timesShare(x, geluTanhShare(x, geluTanhParts(x, p), p), p),
};

const flat = () => ZERO;
const leakySlope = (x, a, p, i) => (x.m > 0n ? ONE : each(a.alpha, i));
const SLOPES = {
  identity: () => ONE,
  step: flat,
  sign: flat,
  relu: (x) => bit(x.m > 0n),
  leaky_relu: leakySlope,
  prelu: leakySlope,
  hard_sigmoid(x, a, p) {
    const y = line(x, a, p);
    return y.m > 0n && above(ONE, y) ? a.alpha : ZERO;
  },
  hard_swish(x, a, p) {
    if (!above(x, D(-3))) return ZERO;
    return above(THREE, x) ? div(add(mul(TWO, x, p), THREE, p), SIX, p) : ONE;
  },
  hard_tanh: (x) => bit(above(ONE, magnitude(x))),
  thresholded_relu: (x, a) => bit(above(x, a.alpha)),
  shrink: (x, a) => bit(above(magnitude(x), a.lambd)),
  sigmoid: (x, a, p) => sigmoidSlope(x, p),
  tanh: (x, a, p) => mul(D(4), sigmoidSlope(mul(TWO, x, p), p), p),
  elu: eluSlope,
  selu: (x, a, p) => mul(a.gamma, eluSlope(x, a, p), p),
  celu: (x, a, p) => (x.m > 0n ? ONE : exp(div(x, a.alpha, p), p)),
  silu(x, a, p) {
    const u = mul(a.beta, x, p);
    return mul(sigmoid(u, p), add(ONE, mul(u, sigmoid(neg(u), p), p), p), p);
  },
  mish(x, a, p) {
    const inner = softplus(x, p);
    const steep = mul(mul(x, D(4), p), sigmoidSlope(mul(TWO, inner, p), p), p);
    return add(tanh(inner, p), mul(steep, sigmoid(x, p), p), p);
  },
  softplus: (x, a, p) => sigmoid(x, p),
  softsign: (x, a, p) => div(ONE, square(add(ONE, magnitude(x), p), p), p),
  exponential: (x, a, p) => exp(x, p),
  gelu(x, a, p) {
    const density = exp(div(mul(neg(fix(x, p)), x, p), TWO, p), p);
    return add(normalBelow(x, p), div(mul(x, density, p), rootOfTwoPi(p), p), p);
  },
  gelu_tanh(x, a, p) {
    const parts = geluTanhParts(x, p),
      { steep, e } = parts;
    const bend = div(mul(mul(x, steep, p), e, p), square(add(ONE, e, p), p), p);
    return add(geluTanhShare(x, parts, p), bend, p);
  },
};

const largest = (row) => row.reduce((best, x, i) => (above(x, row[best]) ? i : best), 0);

function shifted(row, p) {
  const top = row[largest(row)];
  return row.map((x) => (compare(x, top) === 0 ? ZERO : sub(x, top, p)));
}

function softmax(row, p, temperature = ONE) {
  const e = shifted(row, p).map((x) => exp(div(x, temperature, p), p));
  const sum = total(e, p);
  return e.map((x) => div(x, sum, p));
}

function logSoftmax(row, p) {
  const moved = shifted(row, p),
    first = largest(moved);
  const below = log1p(
    total(
      moved.filter((_, i) => i !== first).map((x) => exp(x, p)),
      p,
    ),
    p,
  );
  return moved.map((x) => sub(x, below, p));
}

function softmaxBackward(row, upstream, p, temperature = ONE) {
  const s = softmax(row, p, temperature),
    top = upstream[largest(s)];
  const mean = total(
    s.map((si, i) => mul(si, sub(upstream[i], top, p), p)),
    p,
  );
  return s.map((si, i) => div(mul(si, sub(sub(upstream[i], top, p), mean, p), p), temperature, p));
}

// s_j times the sum of a target, less its t_j, without cancellation.
function sharesLess(row, target, p) {
  const s = softmax(row, p),
    sum = total(target, p),
    top = largest(s);
  const rest = s.map((si) => sub(ONE, si, p));
  rest[top] = total(
    s.filter((_, i) => i !== top),
    p,
  );
  return s.map((si, i) => sub(mul(si, sub(sum, target[i], p), p), mul(target[i], rest[i], p), p));
}

const OF_ROWS = {
  softmax: (row, a, p) => softmax(row, p, a.temperature),
  log_softmax: (row, a, p) => logSoftmax(row, p),
  softmin: (row, a, p) => softmax(row.map(neg), p),
  hardmax: (row) => row.map((_, i) => bit(i === largest(row))),
};

const BACKWARD = {
  softmax: (row, up, a, p) => softmaxBackward(row, up, p, a.temperature),
  log_softmax: (row, up, a, p) => sharesLess(row, up, p).map(neg),
  softmin: (row, up, a, p) => softmaxBackward(row.map(neg), up, p).map(neg),
  hardmax: (row) => row.map(flat),
};

const activate = (of, row, p) =>
  of.name in OF_ROWS
    ? OF_ROWS[of.name](row, of.parameters, p)
    : row.map((x, i) => POINTWISE[of.name](x, of.parameters, p, i));
