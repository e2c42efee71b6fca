"use strict";
// Decimal numbers without rounding error. A number is m x 10^e, m a BigInt. The sums and products of a layer are exact;
// functions work in `places` significant digits, rounded half to even after each operation, as nnlec's own do: so both
// show the same figures, also where many digits cancel.

class PageError extends Error {}

// Words in the language of the page: said`bias of ${name}` is looked up as "bias of {1}".
const WORDS = JSON.parse(globalThis.document?.getElementById("words")?.textContent || "{}");
function said(parts, ...given) {
  const key = parts.reduce((text, part, i) => `${text}{${i}}${part}`);
  return (WORDS[key] ?? key).replace(/\{(\d)\}/g, (_, i) => given[i - 1]);
}

const EXACT = 20000; // digits in which no sum or product of a network is ever rounded

const tens = [1n],
  MOST_TENS = 2000;
const LIMIT = 10n ** BigInt(EXACT);

function ten(n) {
  if (n > MOST_TENS) return n === EXACT ? LIMIT : 10n ** BigInt(n);
  while (tens.length <= n) tens.push(tens[tens.length - 1] * 10n);
  return tens[n];
}

const size = (m) => (m < 0n ? -m : m);
const digits = (m) => size(m).toString().length;
const D = (m, e = 0) => ({ m: BigInt(m), e });
const ZERO = D(0),
  ONE = D(1),
  TWO = D(2);

const isZero = (x) => x.m === 0n;
const sign = (x) => (x.m > 0n ? 1 : x.m < 0n ? -1 : 0);
const neg = (x) => ({ m: -x.m, e: x.e }); // no rounding
const magnitude = (x) => ({ m: size(x.m), e: x.e });
// The exponent of the first digit.
const adjusted = (x) => digits(x.m) - 1 + x.e;

// m / 10^drop, rounded: half to even, or half away from zero.
function dropped(m, drop, away) {
  const unit = ten(drop),
    whole = size(m),
    quotient = whole / unit,
    twice = 2n * (whole - quotient * unit);
  const up = twice > unit || (twice === unit && (away || (quotient & 1n) === 1n));
  const rounded = up ? quotient + 1n : quotient;
  return m < 0n ? -rounded : rounded;
}

function fix(x, p) {
  const most = ten(p);
  if (x.m < most && x.m > -most) return x;
  const drop = digits(x.m) - p;
  return { m: dropped(x.m, drop, false), e: x.e + drop };
}

function add(a, b, p) {
  if (a.m === 0n) return fix(b, p);
  if (b.m === 0n) return fix(a, p);
  let high = a.e >= b.e ? a : b,
    low = a.e >= b.e ? b : a;
  if (high.e - low.e > p) {
    // Far below what the sum can show: one unit there rounds as all of it would.
    const length = digits(high.m),
      edge = high.e + Math.min(-1, length - p - 2);
    if (digits(low.m) + low.e - 1 < edge) low = { m: low.m > 0n ? 1n : -1n, e: edge };
  }
  const m = high.m * ten(high.e - low.e) + low.m;
  return m === 0n ? ZERO : fix({ m, e: low.e }, p);
}

const sub = (a, b, p) => add(a, neg(b), p);
const mul = (a, b, p) => (a.m === 0n || b.m === 0n ? ZERO : fix({ m: a.m * b.m, e: a.e + b.e }, p));

function div(a, b, p) {
  if (b.m === 0n) throw new PageError(said`a division by 0`);
  if (a.m === 0n) return ZERO;
  const shift = Math.max(0, digits(b.m) - digits(a.m) + p + 1);
  const over = size(a.m) * ten(shift),
    under = size(b.m);
  let quotient = over / under;
  if (quotient * under !== over && quotient % 5n === 0n) quotient += 1n; // what is left decides no tie
  return fix({ m: a.m < 0n === b.m < 0n ? quotient : -quotient, e: a.e - b.e - shift }, p);
}

function compare(a, b) {
  const s = sign(a),
    t = sign(b);
  if (s !== t) return s < t ? -1 : 1;
  if (s === 0) return 0;
  const gap = adjusted(a) - adjusted(b);
  if (gap !== 0) return gap < 0 === s > 0 ? -1 : 1;
  const low = Math.min(a.e, b.e),
    x = a.m * ten(a.e - low),
    y = b.m * ten(b.e - low);
  return x < y ? -1 : x > y ? 1 : 0;
}
const larger = (a, b) => (compare(a, b) >= 0 ? a : b);
const smaller = (a, b) => (compare(a, b) <= 0 ? a : b);

// Without trailing zeros.
function bare(x) {
  if (x.m === 0n) return ZERO;
  const text = x.m.toString();
  let zeros = 0;
  while (text[text.length - 1 - zeros] === "0") zeros += 1;
  return zeros ? { m: x.m / ten(zeros), e: x.e + zeros } : x;
}

// Reading.

const NUMBER = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

function fromText(text) {
  const [mantissa, exponent = "0"] = text.toLowerCase().split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  const m = BigInt(whole.replace(/[+-]/, "") + fraction || "0");
  return m === 0n ? ZERO : bare({ m: mantissa[0] === "-" ? -m : m, e: Number(exponent) - fraction.length });
}

const HINTS = [
  [/^\s*$/, said`a number is missing`],
  [/[\u2212\u2010-\u2015\ufe63\uff0d]/, said`write the minus sign as -`],
  [/^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$/, said`write it without thousands separators`],
  [/^[+-]?[0-9]*,[0-9]+$/, said`write the decimal comma as a point`],
  [/^[+-]?0[xob]/i, said`write it in decimal`],
  [/^[+-]?\.?(nan|inf|infinity)$/i, said`only finite numbers are taken`],
  [/^[0-9.+-]+e[+-]?$/i, said`the exponent is missing`],
  [/^[+-]?[0-9.]+\s*%$/, said`write a percentage as a fraction, 0.5 for 50 %`],
  [/^[+-]?[0-9.]+\/[0-9.]+$/, said`write a fraction as a decimal number`],
  [/^[+-]?[0-9.]+(\s+[+-]?[0-9.]+)+$/, said`one number, without blanks in it`],
];

// A typed number as nnlec reads it: the shortest decimal of the nearest double, {number}, with a {note} where
// that is another number; or {error} in words.
function typed(text, single = false) {
  const trimmed = text.trim();
  if (!NUMBER.test(trimmed)) {
    const hint = HINTS.find(([pattern]) => pattern.test(trimmed));
    const shown = trimmed.length > 30 ? `${trimmed.slice(0, 20)}...` : trimmed;
    const words = said`"${shown}" is not a number`;
    return { error: !trimmed ? HINTS[0][1] : hint ? `${words}: ${hint[1]}` : words };
  }
  const double = single ? Math.fround(Number(trimmed)) : Number(trimmed);
  if (!Number.isFinite(double)) return { error: said`it is beyond the largest number, 1.797e308` };
  const number = fromText(String(double)),
    lost = compare(number, fromText(trimmed)) !== 0;
  return lost ? { number, note: said`read as ${double}: a number has at most ${single ? 9 : 17} digits` } : { number };
}

// Showing: half away from zero, on the decimal text, never -0.0. How many figures, as nnlec's Rounding has it:
// {decimals, significant, fixed, scientific}.

const PLAIN_BELOW = 15; // digits before the point from which a number stands in scientific notation

const places = (x) => Math.max(0, -x.e);
const zeroed = (x) => (x.m === 0n ? ZERO : x);

// Rounded to so many places behind the point; unlike the number itself, its exponent says how many they are.
function toPlaces(x, n) {
  if (-x.e <= n) return { m: x.m * ten(n + x.e), e: -n };
  const drop = -n - x.e;
  return drop > digits(x.m) ? { m: 0n, e: -n } : { m: dropped(x.m, drop, true), e: -n };
}

function shownValue(x, r) {
  if (x.m === 0n) return ZERO;
  if (r.significant) {
    const first = adjusted(x),
      n = r.significant - 1 - first;
    const rounded = toPlaces(x, n);
    return adjusted(rounded) > first ? toPlaces(x, n - 1) : rounded;
  }
  if (adjusted(x) >= PLAIN_BELOW) return shownValue(x, { significant: r.decimals + 1 });
  const rounded = toPlaces(x, r.decimals);
  if (rounded.m === 0n) return r.fixed ? rounded : shownValue(x, { significant: Math.max(1, r.decimals) });
  return rounded;
}

function spelled(x, n, most) {
  const short = bare(x),
    minus = x.m < 0n ? "-" : "";
  if ((x.m !== 0n && adjusted(x) >= PLAIN_BELOW) || places(short) > most) {
    const text = size(short.m).toString();
    return `${minus}${text[0]}${text.length > 1 ? `.${text.slice(1)}` : ""}e${adjusted(short)}`;
  }
  const behind = Math.max(n, places(short));
  const text = size(toPlaces(x, behind).m)
    .toString()
    .padStart(behind + 1, "0");
  const point = text.length - behind;
  return `${minus}${text.slice(0, point)}${behind ? `.${text.slice(point)}` : ""}`;
}

function inScientific(x, figures) {
  if (x.m === 0n) return "0";
  const text = size(bare(x).m).toString().padEnd(figures, "0");
  return `${x.m < 0n ? "-" : ""}${text[0]}${figures > 1 ? "." : ""}${text.slice(1)}e${adjusted(x)}`;
}

// Numbers that stand together: all with as many decimals as the longest of them needs.
function texts(numbers, r) {
  const rounded = numbers.map((x) => shownValue(x, r));
  if (r.scientific && r.significant) return rounded.map((x) => inScientific(x, r.significant));
  if (r.significant) return rounded.map((x) => spelled(x, places(x), r.significant + 6));
  if (r.fixed) return rounded.map((x) => spelled(x, r.decimals, r.decimals));
  const needed = rounded.map((x) => places(bare(x))).filter((n) => n <= r.decimals);
  const n = Math.max(0, ...needed);
  return rounded.map((x) => spelled(x, n, r.decimals));
}

// How numbers of one matrix are rounded: alike, where some of them need scientific notation.
function alike(numbers, r) {
  if (r.fixed || !texts(numbers, r).some((text) => text.includes("e"))) return r;
  return { significant: r.significant || Math.max(1, r.decimals), scientific: true };
}

const text = (x, r) => texts([x], r)[0];
const matrixTexts = (numbers, r) => texts(numbers, alike(numbers, r));
const inFull = (x) => spelled(zeroed(x), 0, 30);
const toNumber = (x) => Number(`${x.m}e${x.e}`);

// A typed input or target, which may be a fraction or a percentage too.
const RATIO =
  /^([-+]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40}))\s*(?:\/\s*([-+]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40}))|(%))$/;
const RATIO_DIGITS = 200;

function typedLoosely(text) {
  const plain = text.replace(/\u2212/g, "-").trim(),
    match = RATIO.exec(plain);
  if (!match) return typed(plain);
  if (match[3]) return typed(`${match[1]}e-2`);
  const under = fromText(match[2]);
  return isZero(under)
    ? { error: said`${plain} is a division by 0` }
    : { number: div(fromText(match[1]), under, RATIO_DIGITS) };
}
