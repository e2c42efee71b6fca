// Square roots, pi, and the share of a normal distribution below a number: right to the last of p digits, as those of
// functions.js are, and computed as they are.

// The whole number whose square is the largest up to m.
function wholeRoot(m) {
  if (m < 2n) return m;
  let root = 1n << BigInt((m.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + m / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function sqrt(x, p) {
  if (x.m < 0n) throw new PageError(said`the square root of a number below 0`);
  if (x.m === 0n) return ZERO;
  let shift = Math.max(0, 2 * p + 2 - digits(x.m));
  if ((x.e - shift) % 2) shift += 1;
  const m = x.m * ten(shift);
  let root = wholeRoot(m);
  if (root * root !== m && root % 5n === 0n) root += 1n; // what is left decides no tie
  return fix({ m: root, e: (x.e - shift) / 2 }, p);
}

const pis = new Map();

// By Machin's formula.
function pi(p) {
  if (!pis.has(p)) {
    const one = ten(p + 20);
    const arctan = (n) => {
      let power = one / n,
        sum = power;
      for (let k = 3n; power !== 0n; k += 2n) {
        power /= -n * n;
        sum += power / k;
      }
      return sum;
    };
    pis.set(p, fix({ m: 16n * arctan(5n) - 4n * arctan(239n), e: -p - 20 }, p));
  }
  return pis.get(p);
}

const rootsOfTwoPi = new Map();

function rootOfTwoPi(p) {
  if (!rootsOfTwoPi.has(p)) rootsOfTwoPi.set(p, sqrt(mul(TWO, pi(p), p), p));
  return rootsOfTwoPi.get(p);
}

const NEAR = D(10); // from here on the tail is a continued fraction

function normalBelow(x, p) {
  if (x.m === 0n || adjusted(x) < -p - 2) return HALF;
  if (compare(magnitude(x), NEAR) <= 0) return normalNear(x, p);
  if (x.m < 0n) return normalFar(neg(x), p);
  return toNumber(x) ** 2 > 5 * p + 50 ? ONE : sub(ONE, normalFar(x, p), p);
}

// 1/2 + e^(-x^2/2) / sqrt(2 pi) (x + x^3/3 + x^5/(3 5) + ...). A tail begins so many places later as the sum has before
// its point: these places are carried twice.
function normalNear(x, p) {
  const more = 32 * Math.ceil((toNumber(x) ** 2 / 2) * (Math.LOG2E / 32) + 0.5);
  for (let bits = Math.ceil(p * BITS_PER_DIGIT) + 60 + more; ; bits *= 2) {
    const wide = bits + more,
      by = BigInt(wide),
      at = fixed(x, wide),
      square = (at * at) >> by;
    let term = at,
      sum = at;
    for (let n = 3n; term !== 0n && term !== -1n; n += 2n) {
      term = ((term * square) >> by) / n;
      sum += term;
    }
    const root = fixed(rootOfTwoPi(Math.ceil(wide / 3)), wide),
      share = (sum * fixedExpBelow(square >> 1n, wide)) / root;
    const found = certain((1n << BigInt(bits - 1)) + (share >> BigInt(more)), bits, 0, p);
    if (found) return found;
  }
}

// e^-r of r >= 0 in fixed point, however large it is.
function fixedExpBelow(r, bits) {
  const k = r / ln10(bits);
  return fixedExp(k * ln10(bits) - r, bits) / ten(Number(k));
}

// By Laplace's continued fraction a + 1/(a + 2/(a + 3/...)) of so many terms that no place of p digits is missing.
function normalFar(a, p) {
  const bits = Math.ceil((p + 10) * BITS_PER_DIGIT),
    by = BigInt(bits),
    at = fixed(a, bits);
  let fraction = at;
  for (let n = BigInt(Math.ceil(p / 8) ** 2 + 100); n > 0n; n -= 1n) fraction = at + ((n << (by + by)) / fraction);
  const full = { m: (fraction * ten(p + 10)) >> by, e: -p - 10 };
  const density = exp(div(mul(neg(fix(a, p)), a, p), TWO, p), p);
  return div(density, mul(rootOfTwoPi(p), fix(full, p), p), p);
}
