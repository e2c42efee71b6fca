// What is typed: a text for each field. Fields are named x.0, w1.0.2 (layer 1, row 0, column 2; row 0 is the bias),
// w1.weights.0.0.1.2 (of a layer that is not dense: its array and the place there), g.0, label and rate. Only those
// that differ from the file stand in the link.

const VERSION = "1";
const LISTS = ["x", "g"]; // fields that stand in the link as one list

class State {
  constructor(first) {
    this.first = first;
    this.now = new Map(first);
    this.past = [];
  }

  get(key) {
    return this.now.get(key);
  }

  // Several fields at once are one change, which one undo takes back; `same` goes on with the change before.
  set(changes, same = false) {
    if (!same) this.past.push(new Map(this.now));
    for (const [key, text] of changes) this.now.set(key, text);
  }

  undo() {
    const before = this.past.pop();
    if (before) this.now = before;
    return Boolean(before);
  }

  reset() {
    this.set([...this.first]);
  }

  get changed() {
    return [...this.now].filter(([key, text]) => text !== this.first.get(key)).map(([key]) => key);
  }

  list(name) {
    const found = [];
    for (let i = 0; this.now.has(`${name}.${i}`); i += 1) found.push(this.now.get(`${name}.${i}`));
    return found;
  }

  // The part of the link behind the #.
  get link() {
    const changed = this.changed,
      parts = [`v=${VERSION}`];
    for (const name of LISTS)
      if (changed.some((key) => key.startsWith(`${name}.`)))
        parts.push(`${name}=${this.list(name).map(encoded).join()}`);
    for (const key of changed)
      if (!LISTS.includes(key.split(".")[0])) parts.push(`${key}=${encoded(this.now.get(key))}`);
    return parts.length > 1 ? parts.join("&") : "";
  }

  // What a link says, in place of all that was typed; gives what is wrong with it, in words.
  load(link) {
    const wrong = [],
      next = new Map(this.first),
      seen = new Set();
    for (const part of link.split("&").filter(Boolean)) {
      const at = part.indexOf("="),
        key = at < 0 ? part : part.slice(0, at),
        value = at < 0 ? "" : part.slice(at + 1);
      const found = seen.has(key) ? said`the link says ${key} twice` : this.read(key, value, next);
      seen.add(key);
      if (found) wrong.push(found);
    }
    if (seen.size && !seen.has("v")) wrong.push(said`the link names no version, expected v=1`);
    if ([...next].some(([key, text]) => text !== this.now.get(key))) this.set([...next]);
    return wrong;
  }

  read(key, value, next) {
    if (key === "v") return value === VERSION ? "" : said`the link is of version ${value}, and this page reads version 1`;
    const keys = LISTS.includes(key) ? [...this.first.keys()].filter((each) => each.startsWith(`${key}.`)) : [key];
    if (!keys.length || !keys.every((each) => this.first.has(each)) || key.match(/^[xg]\./))
      return said`the link names ${key.slice(0, 40)}, which this page does not have`;
    try {
      const given = keys.length > 1 || LISTS.includes(key) ? value.split(",") : [value];
      if (given.length !== keys.length)
        return said`the link gives ${given.length} numbers for ${key}, expected ${keys.length}`;
      keys.forEach((each, i) => next.set(each, decodeURIComponent(given[i])));
    } catch {
      return said`the link's ${key} cannot be read: a % stands alone in it`;
    }
    return "";
  }
}

const encoded = (text) => encodeURIComponent(text).replace(/%2B/g, "+").replace(/%2F/g, "/");

// The content as it is used: weights that are many stand in it as bytes.
function unpacked(content) {
  const all = ({ float64 }) => [
    ...new Float64Array(Uint8Array.from(atob(float64), (byte) => byte.charCodeAt(0)).buffer),
  ];
  for (const layer of content.layers) {
    if (layer.weights?.float64) layer.weights = rowsBy(all(layer.weights), layer.weights.columns);
    for (const array of Object.values(layer.arrays || {}))
      if (array.numbers.float64) array.numbers = all(array.numbers);
    if (layer.axes) layer.held = windowsOver(layer.axes);
  }
  return content;
}

// The fields of a page, and the texts that they begin with.
function firstTexts(content) {
  const texts = content.x.map((text, i) => [`x.${i}`, text]);
  content.layers.forEach((layer, number) => {
    for (const [name, w] of kindOf(layer).numbers(layer)) texts.push([`w${number + 1}.${name}`, String(w)]);
  });
  if (content.truth) {
    if (content.truth.label === null) content.truth.g.forEach((text, i) => texts.push([`g.${i}`, text]));
    else texts.push(["label", content.truth.classes[content.truth.label]]);
    texts.push(["rate", content.rate]);
  }
  return new Map(texts);
}

const MOST_KNOWN = 50000;
const known = new Map(); // texts that were read

function readText(text, single) {
  const key = single ? `f${text}` : text;
  if (!known.has(key)) {
    if (known.size > MOST_KNOWN) known.clear();
    known.set(key, typed(text, single));
  }
  return known.get(key);
}

const UNDER_ROOT = /^w\d+\.(variance|epsilon)/;

// The numbers that the fields hold: {network, x, target, rate}, {errors}, words for each field that holds none, and
// {notes} for one that is read as another number.
function readNumbers(content, state) {
  const errors = new Map(),
    notes = new Map();
  const read = (key, loose) => {
    const { number, error, note } = loose
      ? typedLoosely(state.get(key))
      : readText(state.get(key), content.single && /^w\d+\.(?!epsilon)/.test(key));
    if (error) errors.set(key, error);
    else if (number.m < 0n && UNDER_ROOT.test(key)) errors.set(key, said`it stands under a root: 0 or more`);
    if (note) notes.set(key, note);
    return error ? ZERO : number;
  };
  const x = content.x.map((_, i) => read(`x.${i}`, true));
  const layers = content.layers.map((layer, l) => {
    const kind = kindOf(layer);
    const numbers = kind.numbers(layer).map(([name]) => read(`w${l + 1}.${name}`));
    const { name, parameters: given } = layer.activation;
    return { ...kind.withNumbers(layer, numbers), activation: { name, parameters: parameters(given) } };
  });
  const network = { layers, width: x.length, logit_scale: parsed(content.logit_scale) };
  const found = { network, x, errors, notes, target: null, rate: null };
  if (content.truth)
    Object.assign(found, { target: readTarget(content, state, read, errors), rate: read("rate", true) });
  if (found.rate && found.rate.m < 0n) errors.set("rate", said`a step goes against the gradient by itself: 0 or more`);
  return found;
}

const parameters = (given) => Object.fromEntries(Object.entries(given).map(([name, value]) => [name, parsed(value)]));

function readTarget(content, state, read, errors) {
  const { truth, loss } = content;
  if (truth.label === null) {
    const target = truth.g.map((_, i) => read(`g.${i}`, true));
    const wrong = errors.size ? null : targetError(loss.target, target);
    if (wrong) errors.set("g.0", wrong);
    return target;
  }
  const label = truth.classes.indexOf(state.get("label"));
  if (label < 0) errors.set("label", said`"${state.get("label").slice(0, 30)}" is none of the classes`);
  return parsed(truth.targets[Math.max(0, label)]);
}
