// Every figure of the page, by its name: in2.1 (what comes into layer 2, 0 the leading 1), z1.0, y1.0 (of unit 0 of
// layer 1 before and after its activation), f.0, s.0, o.0 (of class or output 0), loss.g.0, loss.f.0, loss.s.0,
// loss.term.0, L, d1.0.2 (the gradient of w1.0.2), new1.0.2 (what it is after the step),
// L.after.

function readLoss(given) {
  return (
    given && {
      ...given,
      weights: parsed(given.weights),
      smoothing: fromText(given.smoothing),
      delta: fromText(given.delta),
    }
  );
}

// {numbers, trace, logits, probabilities, named, chosen, loss} of what is typed; raises PageError.
function compute(content, numbers, keep = undefined) {
  const p = content.precision,
    { network, x } = numbers;
  const trace = forward(network, x, p, keep),
    logits = logitsOf(network, trace, p);
  const named = content.classes.length > 0 && (content.yaml.classes || content.outputs.length > 1);
  const probabilities = named ? probabilitiesOf(content.kind, logits, p) : null;
  const found = { numbers, trace, logits, probabilities, named, chosen: chosen(content.kind, logits), loss: null };
  if (content.loss) found.loss = lossOf(readLoss(content.loss), network, trace, numbers.target, p);
  return found;
}

// Numbers of a layer as they are shown: maps grid by grid, anything else as one row.
function mapTexts(numbers, shape, r) {
  if (shape.length < 2) return matrixTexts(numbers, r);
  const grid = countOf(shape.slice(shape.length > 2 ? -2 : -1));
  return rowsBy(numbers, grid).flatMap((each) => texts(each, r));
}

// All of them as texts; those of a step of learning too where that is asked for.
function figuresOf(content, found, learning = false) {
  const r = content.rounding,
    figures = new Map();
  const row = (name, numbers, how) => how(numbers, r).forEach((text, i) => figures.set(`${name}.${i}`, text));
  const each = (name, pairs, how) => {
    const shown = how(pairs.map(([, x]) => x));
    pairs.forEach(([place], i) => figures.set(`${name}.${place}`, shown[i]));
  };
  const alone = (numbers) => numbers.map((x) => text(x, r));
  found.trace.forEach((at, l) => {
    const layer = found.numbers.network.layers[l],
      bias = layer.bias ? [ONE] : [];
    mapTexts([...bias, ...at.inputs], layer.in, r).forEach((text, i) =>
      figures.set(`in${l + 1}.${i + 1 - bias.length}`, text),
    );
    for (const what of ["z", "y"]) row(`${what}${l + 1}`, at[what], (numbers) => mapTexts(numbers, layer.out, r));
  });
  if (!found.probabilities) row("o", found.trace[found.trace.length - 1].y, texts);
  else {
    if (content.kind === "multi-class") row("f", found.logits, texts);
    row("s", found.probabilities, texts);
  }
  if (!found.loss) return figures;
  row("loss.g", found.loss.target, texts);
  row("loss.f", found.loss.predicted, texts);
  if (found.loss.probabilities) row("loss.s", found.loss.probabilities, texts);
  row("loss.term", found.loss.terms, texts);
  figures.set("L", text(found.loss.value, r));
  if (!learning) return figures;
  const { network, x, target, rate } = found.numbers,
    loss = readLoss(content.loss),
    p = content.precision;
  const back = gradients(network, found.trace, loss, target, p),
    layers = steppedLayers(network, back, rate);
  back.forEach((of, l) => {
    const kind = kindOf(of),
      learned = kind.numbers(of),
      names = new Set(learned.map(([name]) => name));
    each(`d${l + 1}`, learned, of.kind === "dense" ? (numbers) => matrixTexts(numbers, r) : alone);
    each(
      `new${l + 1}`,
      kind.numbers(layers[l]).filter(([name]) => names.has(name)),
      alone,
    );
  });
  const after = { ...network, layers };
  figures.set("L.after", text(lossOf(loss, after, forward(after, x, p), target, p).value, r));
  return figures;
}
