// Layers other than dense ones: each number of a map comes from a window of another, from one number or several.
// Their own numbers stand in `arrays`, each {shape, numbers}. `held` says for each window which inputs of a map it holds, entry
// by entry of the kernel; -1 stands for padding.

function windowsOver(axes) {
  const along = axes.map(({ size: size_, window, stride, before, dilation, cells }) =>
    range(cells).map((cell) =>
      range(window)
        .map((entry) => cell * stride - before + entry * dilation)
        .map((at) => (at < size_ ? at : -1)),
    ),
  );
  const joined = (flat, places, size_) =>
    flat.flatMap((before) => places.map((at) => (before < 0 || at < 0 ? -1 : before * size_ + at)));
  return along.reduce(
    (held, cells, axis) => held.flatMap((flat) => cells.map((places) => joined(flat, places, axes[axis].size))),
    [[0]],
  );
}

const cellOf = (layer, unit) => layer.held[unit % layer.held.length];
const mapOf = (layer, unit) => Math.floor(unit / layer.held.length);
// The number of an array that belongs to a unit: there is one for all, one for each channel, or one for each unit.
const ofUnit = (layer, { numbers }, unit) => numbers[Math.floor((unit * numbers.length) / countOf(layer.out))];

// All numbers of its own that a unit takes; those that a file leaves out change nothing.
function ownNumbers(layer, unit, neutral) {
  const given = Object.entries(layer.arrays).map(([key, array]) => [key, ofUnit(layer, array, unit)]);
  return { ...neutral, ...Object.fromEntries(given) };
}

// Which input meets which weight in a cell, {source, place}: places in the row that comes in, -1 for padding, and among
// the weights, which stand there channel by channel.
function convMeetings(layer, unit) {
  const { shape } = layer.arrays.weights,
    [maps, channels] = shape,
    map = mapOf(layer, unit);
  const entries = countOf(shape.slice(2)),
    image = countOf(layer.in.slice(1)),
    first = Math.floor(map / (maps / layer.groups)) * channels;
  return range(channels).flatMap((channel) =>
    cellOf(layer, unit).map((source, entry) => ({
      source: source < 0 ? -1 : (first + channel) * image + source,
      place: (map * channels + channel) * entries + (layer.flip ? entries - 1 - entry : entry),
    })),
  );
}

// Of a pool there are only sources.
function poolMeetings(layer, unit) {
  const image = countOf(layer.in.slice(1));
  return cellOf(layer, unit).map((source) => ({ source: source < 0 ? -1 : mapOf(layer, unit) * image + source }));
}

const inside = (meetings) => meetings.filter(({ source }) => source >= 0);
const sourcesIn = (meetings) => (layer, unit) => inside(meetings(layer, unit)).map(({ source }) => source);
const poolSources = sourcesIn(poolMeetings);
const countIn = (layer, unit) => D(layer.count_padding ? cellOf(layer, unit).length : poolSources(layer, unit).length);

const NEUTRAL_SCALE = { subtract: ZERO, divide: ONE, multiply: ONE, add: ZERO };
const scaleNumbers = (layer, unit) => ownNumbers(layer, unit, NEUTRAL_SCALE);

const NEUTRAL_NORM = { mean: ZERO, scale: ONE, shift: ZERO };
const normNumbers = (layer, unit) => ownNumbers(layer, unit, NEUTRAL_NORM);

function rootOf({ variance, epsilon }, p) {
  const root = sqrt(add(variance, epsilon, EXACT), p);
  if (isZero(root)) throw new PageError(said`variance + epsilon is 0, and nothing is divided by 0`);
  return root;
}

const MOVED = {
  sources: (layer, unit) => [layer.order ? layer.order[unit] : unit],
  sum: (layer, row, unit) => row[layer.order ? layer.order[unit] : unit],
  slopes: (layer, unit) => [{ source: layer.order ? layer.order[unit] : unit, slope: ONE }],
};

const JOINED = { sources: (layer, unit) => layer.met[unit] };

// `slopes` says by how much a unit changes with each input that it depends on.
const OTHER_KINDS = {
  conv: {
    meetings: convMeetings,
    sources: sourcesIn(convMeetings),
    learned: ["weights", "bias"],
    sum(layer, row, unit) {
      const met = inside(convMeetings(layer, unit)),
        { weights, bias } = layer.arrays;
      return sumOfProducts(
        met.map(({ source }) => row[source]),
        met.map(({ place }) => weights.numbers[place]),
        bias && ofUnit(layer, bias, unit),
      );
    },
    slopes: (layer, unit) =>
      inside(convMeetings(layer, unit)).map((met) => ({ ...met, slope: layer.arrays.weights.numbers[met.place] })),
  },
  max_pool: {
    meetings: poolMeetings,
    sources: poolSources,
    sum: (layer, row, unit) => row[winnerOf(layer, row, unit)],
    slopes: (layer, unit, row) => [{ source: winnerOf(layer, row, unit), slope: ONE }],
  },
  average_pool: {
    meetings: poolMeetings,
    sources: poolSources,
    sum: (layer, row, unit, p) =>
      div(
        total(
          poolSources(layer, unit).map((source) => row[source]),
          EXACT,
        ),
        countIn(layer, unit),
        p,
      ),
    slopes(layer, unit, row, p) {
      const slope = div(ONE, countIn(layer, unit), p);
      return poolSources(layer, unit).map((source) => ({ source, slope }));
    },
  },
  flatten: MOVED,
  reshape: MOVED,
  transpose: MOVED,
  dropout: MOVED,
  concat: MOVED,
  add: {
    ...JOINED,
    sum: (layer, row, unit) =>
      total(
        layer.met[unit].map((source) => row[source]),
        EXACT,
      ),
    slopes: (layer, unit) => layer.met[unit].map((source) => ({ source, slope: ONE })),
  },
  multiply: {
    ...JOINED,
    sum: (layer, row, unit) => layer.met[unit].map((source) => row[source]).reduce(product, ONE),
    slopes: (layer, unit, row) =>
      layer.met[unit].map((source, i, met) => ({
        source,
        slope: met
          .filter((_, j) => j !== i)
          .map((other) => row[other])
          .reduce(product, ONE),
      })),
  },
  scale: {
    sources: (layer, unit) => [unit],
    sum(layer, row, unit, p) {
      const { subtract, divide, multiply, add: added } = scaleNumbers(layer, unit);
      return add(div(product(sub(row[unit], subtract, EXACT), multiply), divide, p), added, EXACT);
    },
    slopes(layer, unit, row, p) {
      const { divide, multiply } = scaleNumbers(layer, unit);
      return [{ source: unit, slope: div(multiply, divide, p) }];
    },
  },
  batch_norm: {
    sources: (layer, unit) => [unit],
    sum(layer, row, unit, p) {
      const numbers = normNumbers(layer, unit);
      const moved = product(sub(row[unit], numbers.mean, EXACT), numbers.scale);
      return add(div(moved, rootOf(numbers, p), p), numbers.shift, EXACT);
    },
    learned: ["scale", "shift"],
    back: normBack,
  },
  layer_norm: {
    sources: (layer, unit) => groupOf(layer, unit),
    sum: (layer, row, unit, p) => layerNorm(layer, row, groupOf(layer, unit), p)[unit % groupWidth(layer)],
    all: (layer, row, p) => groupsOf(layer).flatMap((group) => layerNorm(layer, row, group, p)),
    learned: ["scale", "shift"],
    back: layerNormBack,
  },
};

// Numbers that have one mean: those of the last axes, which scale and shift have; all where these are single numbers.
function groupWidth(layer) {
  const axes = Math.max(layer.arrays.scale.shape.length, layer.arrays.shift.shape.length);
  return countOf(layer.in.slice(axes ? -axes : 0));
}
const groupsOf = (layer) => rowsBy(range(countOf(layer.in)), groupWidth(layer));
const groupOf = (layer, unit) => groupsOf(layer)[Math.floor(unit / groupWidth(layer))];
const inGroup = ({ numbers }, i) => numbers[i % numbers.length];

function layerNorm({ arrays }, row, group, p) {
  const count = D(group.length),
    sum = sumOf(group, row);
  const squares = group.map((i) => square(sub(product(count, row[i]), sum, EXACT), EXACT));
  const variance = div(total(squares, EXACT), product(count, product(count, count)), p);
  const root = rootOf({ variance, epsilon: arrays.epsilon.numbers[0] }, p);
  return group.map((i, at) => {
    const moved = product(sub(product(row[i], count), sum, EXACT), inGroup(arrays.scale, at));
    return add(div(moved, product(root, count), p), inGroup(arrays.shift, at), EXACT);
  });
}

const sumOf = (group, row) =>
  total(
    group.map((i) => row[i]),
    EXACT,
  );

// The mean and the root move with each number of the group.
function layerNormBack(layer, at, delta, p) {
  const arrays = learnedZeros(layer, kindOf(layer).learned),
    x = at.inputs;
  const below = groupsOf(layer).flatMap((group) => {
    const count = D(group.length),
      mean = div(sumOf(group, x), count, p),
      moved = group.map((i) => sub(x[i], mean, EXACT));
    const variance = div(
      total(
        moved.map((d) => square(d, EXACT)),
        EXACT,
      ),
      count,
      p,
    );
    const root = rootOf({ variance, epsilon: layer.arrays.epsilon.numbers[0] }, p),
      n = moved.map((d) => div(d, root, p)),
      u = group.map((i, k) => product(delta[i], inGroup(layer.arrays.scale, k)));
    group.forEach((i, k) => {
      addAt(arrays.scale.numbers, k % arrays.scale.numbers.length, product(delta[i], n[k]));
      addAt(arrays.shift.numbers, k % arrays.shift.numbers.length, delta[i]);
    });
    const ofU = div(total(u, EXACT), count, p),
      ofBoth = div(sumOfProducts(u, n), count, p);
    return u.map((a, k) => div(sub(sub(a, ofU, EXACT), product(n[k], ofBoth), EXACT), root, p));
  });
  return { below, arrays };
}

// The first of equals.
function winnerOf(layer, row, unit) {
  return poolSources(layer, unit).reduce((best, source) => (above(row[source], row[best]) ? source : best));
}

const zeros = ({ shape, numbers }) => ({ shape, numbers: numbers.map(() => ZERO) });
const learnedZeros = (layer, names) =>
  Object.fromEntries(names.filter((name) => layer.arrays[name]).map((name) => [name, zeros(layer.arrays[name])]));

function addAt(numbers, place, x) {
  numbers[place] = add(numbers[place], x, EXACT);
}

// The transpose of what each unit takes.
function otherBack(layer, at, delta, p) {
  const { slopes, learned = [] } = kindOf(layer),
    below = at.inputs.map(() => ZERO),
    arrays = learnedZeros(layer, learned);
  delta.forEach((d, unit) => {
    if (isZero(d)) return;
    for (const { source, slope, place } of slopes(layer, unit, at.inputs, p)) {
      addAt(below, source, product(d, slope));
      if (place !== undefined) addAt(arrays.weights.numbers, place, product(d, at.inputs[source]));
    }
    if (arrays.bias) addAt(arrays.bias.numbers, mapOf(layer, unit), d);
  });
  return { below, arrays };
}

function normBack(layer, at, delta, p) {
  const arrays = learnedZeros(layer, kindOf(layer).learned);
  const below = delta.map((d, unit) => {
    const numbers = normNumbers(layer, unit),
      root = rootOf(numbers, p);
    const slopes = { scale: div(sub(at.inputs[unit], numbers.mean, EXACT), root, p), shift: ONE };
    for (const [name, { numbers: sums }] of Object.entries(arrays))
      addAt(sums, Math.floor((unit * sums.length) / delta.length), product(d, slopes[name]));
    return div(product(d, numbers.scale), root, p);
  });
  return { below, arrays };
}

const inArrays = {
  numbers: ({ arrays }) =>
    Object.entries(arrays).flatMap(([name, { shape, numbers }]) =>
      numbers.map((x, i) => [[name, ...placeIn(i, shape)].join("."), x]),
    ),
  withNumbers(layer, numbers) {
    const left = [...numbers];
    const filled = Object.entries(layer.arrays).map(([name, array]) => [
      name,
      { shape: array.shape, numbers: left.splice(0, array.numbers.length) },
    ]);
    return { ...layer, arrays: Object.fromEntries(filled) };
  },
  back: otherBack,
};
for (const [name, kind] of Object.entries(OTHER_KINDS)) KINDS[name] = { ...inArrays, ...kind };
