// e^x and ln x, right to the last of p digits, and the functions made of them; each step of these rounded to p digits.
// All is computed in whole numbers: fixed point of `bits` binary places, more of them until the rounding is certain.

const logarithms = new Map();

// ln 10 in fixed point.
function ln10(bits) {
  if (!logarithms.has(bits)) {
    const wide = bits + 16;
    const atanh = (n) => {
      let power = (1n << BigInt(wide)) / n,
        sum = power;
      for (let k = 3n; power !== 0n; k += 2n) {
        power /= n * n;
        sum += power / k;
      }
      return sum;
    };
    logarithms.set(bits, (46n * atanh(31n) + 34n * atanh(49n) + 20n * atanh(161n)) >> 16n);
  }
  return logarithms.get(bits);
}

// A number in fixed point, rounded down.
function fixed(x, bits) {
  const raised = x.m << BigInt(bits);
  return x.e >= 0 ? raised * ten(x.e) : raised / ten(-x.e);
}

const HALVINGS = 12;

// e^r of r in fixed point, |r| < 4, wrong by a few units of the last place.
function fixedExp(r, bits) {
  const wide = BigInt(bits + 2 * HALVINGS),
    x = (r << BigInt(2 * HALVINGS)) >> BigInt(HALVINGS);
  let term = 1n << wide,
    sum = term;
  for (let n = 1n; term !== 0n && term !== -1n; n += 1n) {
    term = (term * x) >> wide;
    term /= n;
    sum += term;
  }
  for (let i = 0; i < HALVINGS; i += 1) sum = (sum * sum) >> wide;
  return sum >> BigInt(2 * HALVINGS);
}

// m x 2^-bits x 10^k rounded to p digits, or null where an error of 2^8 units of m leaves them open.
function certain(m, bits, k, p) {
  const extra = Math.floor(bits * 0.30103),
    by = BigInt(bits);
  const near = (m * ten(extra)) >> by,
    wrong = ((ten(extra) << 8n) >> by) + 1n;
  const [low, high] = [near - wrong, near + wrong].map((bound) => fix({ m: bound, e: k - extra }, p));
  return low.e === high.e && low.m === high.m && size(low.m) >= ten(p - 1) ? low : null;
}

const BITS_PER_DIGIT = 3.33;
const HUGE = D(1, 17),
  LARGE = D(1, 15);

function exp(given, p) {
  const x = fix(given, p),
    far = magnitude(x);
  if (x.m === 0n || adjusted(x) < -p - 2) return ONE;
  if (compare(far, HUGE) > 0 && x.m < 0n) return ZERO;
  if (compare(far, LARGE) > 0) throw new PageError(said`e to the power of a number beyond 10^15 is not worked out here`);
  const k = BigInt(Math.round(toNumber(x) / Math.LN10));
  for (let bits = Math.ceil(p * BITS_PER_DIGIT) + 60; ; bits *= 2) {
    const wide = bits + 56; // k has at most 50 bits
    const r = (fixed(x, wide) - k * ln10(wide)) >> 56n;
    const found = certain(fixedExp(r, bits), bits, Number(k), p);
    if (found) return found;
  }
}

function ln(given, p) {
  const x = fix(given, p);
  if (x.m <= 0n) throw new PageError(said`the logarithm of a number that is not above 0`);
  if (compare(x, ONE) === 0) return ZERO;
  const k = adjusted(x),
    y = { m: x.m, e: x.e - k }; // 1 <= y < 10
  const near = Math.log(toNumber(fix(y, 17)));
  for (let bits = Math.ceil(p * BITS_PER_DIGIT) + 80; ; bits *= 2) {
    const one = 1n << BigInt(bits),
      guess = fixed(fromText(String(near)), bits);
    const d = ((fixed(y, bits) * fixedExp(-guess, bits)) >> BigInt(bits)) - one;
    const z = (d << BigInt(bits)) / (2n * one + d),
      square = (z * z) >> BigInt(bits);
    let power = z,
      sum = z;
    for (let n = 3n; power !== 0n && power !== -1n; n += 2n) {
      power = (power * square) >> BigInt(bits);
      sum += power / n;
    }
    const found = certain(guess + 2n * sum + BigInt(k) * ln10(bits), bits, 0, p);
    if (found) return found;
  }
}

const HALF = D(5, -1);

function expm1(x, p) {
  const u = exp(x, p);
  if (compare(magnitude(x), HALF) > 0) return sub(u, ONE, p);
  return compare(u, ONE) === 0 ? fix(x, p) : div(mul(sub(u, ONE, p), x, p), ln(u, p), p);
}

function log1p(x, p) {
  const u = add(ONE, x, p);
  if (compare(magnitude(x), HALF) > 0) return ln(u, p);
  return compare(u, ONE) === 0 ? fix(x, p) : div(mul(x, ln(u, p), p), sub(u, ONE, p), p);
}

const softplus = (x, p) => add(larger(x, ZERO), log1p(exp(neg(magnitude(x)), p), p), p);

function tanh(x, p) {
  const t = expm1(mul(D(-2), fix(magnitude(x), p), p), p);
  const share = magnitude(div(neg(t), add(TWO, t, p), p));
  return x.m < 0n ? neg(share) : share;
}

function sigmoid(x, p) {
  const e = exp(neg(magnitude(x)), p);
  return div(x.m >= 0n ? ONE : e, add(ONE, e, p), p);
}

const total = (numbers, p) => numbers.reduce((sum, x) => add(sum, x, p), ZERO);
