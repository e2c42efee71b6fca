// One number as a slider, and the curve of a figure as it goes from one end to the other.

const WIDTH = 480,
  HEIGHT = 240,
  LEFT = 84,
  EDGE = 28;
const PERCENT = 100, // a slider's places
  every = () => (state.first.size > 1000 ? 10 : 2); // how many of them lie between two points of the curve
const curve = { key: null, low: ZERO, high: ONE };

const placeAt = (k) => bare(add(curve.low, product(sub(curve.high, curve.low, EXACT), D(k, -2)), EXACT));

function drawable(beginning) {
  const l = content.layers.length,
    names = content.outputs.map((name, j) => [`y${l}.${j}`, name]);
  if (beginning.probabilities)
    beginning.probabilities.forEach((_, i) => names.push([`s.${i}`, said`${"s"} of ${content.classes[i]}`]));
  return content.loss ? [...names, ["L", "L"]] : names;
}

// A figure as it would be with this number in the field.
function figureWith(figure, number) {
  const numbers = readNumbers(content, { get: (key) => (key === curve.key ? inFull(number) : state.get(key)) });
  return toNumber(exactOf(compute(content, numbers), figure));
}

function sliderSection(content, beginning) {
  const options = (pairs) => pairs.map(([value, words]) => make("option", { value }, words));
  const numbers = [...fields].filter(([, { input }]) => input.type === "text").map(([key, { label }]) => [key, label]);
  const key = make("select", { id: "slid-key", onchange: () => chooseNumber(key.value) }, ...options(numbers));
  const drawn = make("select", { id: "drawn", onchange: drawCurve }, ...options(drawable(beginning)));
  const end = (id) =>
    make("input", {
      type: "text",
      inputmode: "decimal",
      id,
      "aria-label": id === "low" ? said`lowest` : said`highest`,
      "aria-describedby": "ends-error",
      onchange: readEnds,
    });
  const slide = make("input", {
    type: "range",
    id: "slide",
    min: 0,
    max: PERCENT,
    "aria-label": said`the number`,
    oninput: () => {
      onedit(curve.key, inFull(placeAt(Number(slide.value))));
      slide.setAttribute("aria-valuetext", state.get(curve.key));
    },
  });
  return make(
    "details",
    { id: "slider", ontoggle: () => (curve.key ? drawCurve() : chooseNumber(key.value)) },
    make("summary", {}, said`A number as a slider`),
    make("p", {}, make("label", {}, said`number`, " ", key), " ", make("label", {}, said`curve of`, " ", drawn)),
    make("p", { class: "ends" }, end("low"), slide, end("high")),
    make("p", { id: "ends-error", class: "error" }),
    make("div", { id: "curve" }),
  );
}

// The ends are whole numbers around the one that is there.
function chooseNumber(key) {
  const { number } = typedLoosely(state.get(key));
  const middle = number ? toNumber(number) : 0,
    reach = Math.max(1, Math.ceil(Math.abs(middle)));
  curve.key = key;
  document.getElementById("low").value = String(Math.floor(middle) - reach);
  document.getElementById("high").value = String(Math.ceil(middle) + reach);
  readEnds();
}

function readEnds() {
  const [low, high] = ["low", "high"].map((id) => typed(document.getElementById(id).value));
  const wrong = low.error || high.error || (compare(low.number, high.number) < 0 ? "" : said`the lower end comes first`);
  document.getElementById("ends-error").textContent = wrong;
  if (!wrong) Object.assign(curve, { low: low.number, high: high.number });
  drawCurve();
}

function drawCurve() {
  const box = document.getElementById("curve");
  if (!isOpen("slider") || !found || !curve.key || blanks.on) return box.replaceChildren();
  const choice = document.getElementById("drawn"),
    low = toNumber(curve.low),
    high = toNumber(curve.high);
  const now = toNumber(typedLoosely(state.get(curve.key)).number);
  document.getElementById("slide").value = String(Math.round(((now - low) / (high - low)) * PERCENT));
  try {
    const points = [];
    for (let k = 0; k <= PERCENT; k += every()) points.push(figureWith(choice.value, placeAt(k)));
    const names = [choice.selectedOptions[0].textContent, fields.get(curve.key).label];
    box.replaceChildren(picture(points, [low, high], [now, toNumber(exactOf(found, choice.value))], names));
  } catch (error) {
    if (!(error instanceof PageError)) throw error;
    box.replaceChildren(make("p", { class: "error" }, error.message));
  }
}

const short = (x) => String(Number(x.toPrecision(4)));

function picture(points, [low, high], [now, value], [figure, number]) {
  const draw = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, given] of Object.entries(attributes)) element.setAttribute(name, given);
    element.append(...children);
    return element;
  };
  let least = Math.min(...points, value),
    most = Math.max(...points, value);
  if (least === most) [least, most] = [least - 1, most + 1];
  const x = (share) => LEFT + share * (WIDTH - LEFT - EDGE),
    y = (v) => HEIGHT - EDGE - ((v - least) / (most - least)) * (HEIGHT - 2 * EDGE);
  const words = (text_, left, top, anchor) => draw("text", { x: left, y: top, "text-anchor": anchor }, text_);
  const share = (now - low) / (high - low),
    last = points.length - 1;
  const line = points.map((v, i) => `${x(i / last).toFixed(1)},${y(v).toFixed(1)}`).join(" ");
  const parts = [
    draw("path", { d: `M${LEFT} ${EDGE}V${HEIGHT - EDGE}H${WIDTH - EDGE}` }),
    words(short(most), LEFT - 8, EDGE + 5, "end"),
    words(short(least), LEFT - 8, HEIGHT - EDGE, "end"),
    words(short(low), LEFT, HEIGHT - 8, "start"),
    words(short(high), WIDTH - EDGE, HEIGHT - 8, "end"),
    words(number, (LEFT + WIDTH) / 2, HEIGHT - 8, "middle"),
    words(figure, LEFT, 16, "middle"),
    draw("polyline", { points: line }),
  ];
  if (share >= 0 && share <= 1) parts.push(draw("circle", { cx: x(share).toFixed(1), cy: y(value).toFixed(1), r: 5 }));
  const label = said`${figure}: ${short(points[0])} where ${number} is ${short(low)}, ${short(points[last])} where it is ${short(high)}`;
  return draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, ...parts);
}
