// What is typed as a link, as a network file, and as a command line.

const shellWord = (text) => (/^[\w.,:=/+@%-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);

function activationYaml({ name, parameters: given }) {
  const pairs = Object.entries(given).map(
    ([key, value]) => `${key}: ${Array.isArray(value) ? `[${value.join(", ")}]` : value}`,
  );
  return pairs.length ? `{name: ${name}, ${pairs.join(", ")}}` : name;
}

function denseYaml(layer, number) {
  const row = (i) => `[${layer.weights[0].map((_, j) => number(`${i}.${j}`)).join(", ")}]`;
  const rows = [...(layer.first_row ? [0] : []), ...layer.weights.map((_, i) => i + 1)];
  const bias = layer.first_row ? "first-row" : layer.bias ? row(0) : "none";
  return ["weights:", ...rows.map((i) => `  - ${row(i)}`), `bias: ${bias}`];
}

// JSON's texts and lists are YAML's too.
function yamlOf(content, state) {
  const lines = Object.entries(content.yaml).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  lines.push("layers:");
  content.layers.forEach((layer, l) => {
    lines.push(`  - name: ${JSON.stringify(layer.name)}`);
    if (!isNext(layer, l)) lines.push(`    from: ${JSON.stringify(sourceNames(content, l))}`);
    for (const line of viewOf(layer).yaml(layer, (name) => state.get(`w${l + 1}.${name}`).trim()))
      lines.push(`    ${line}`);
    lines.push(`    activation: ${activationYaml(layer.activation)}`);
  });
  return `${lines.join("\n")}\n`;
}

function commandOf(content, state) {
  const { rounding: r, loss, truth } = content;
  const own = state.changed.some((key) => key[0] === "w");
  const words = [
    "nnlec",
    "forward",
    own ? "net.yaml" : content.path,
    `--input=${state
      .list("x")
      .map((text) => text.trim())
      .join()}`,
  ];
  if (truth) {
    words.push(
      truth.label === null
        ? `--target=${state
            .list("g")
            .map((text) => text.trim())
            .join()}`
        : `--label=${state.get("label")}`,
    );
    words.push(
      `--loss=${loss.name}`,
      ...Object.entries(loss.options).map(([name, value]) => `--parameter=${name}=${value}`),
    );
  }
  if (r.significant) words.push(`--significant=${r.significant}`);
  else if (r.fixed) words.push(`--decimals=${r.decimals}`);
  return `${words.map(shellWord).join(" ")}${own ? `   # ${said`net.yaml: the network file of this page`}` : ""}`;
}

const COPIES = {
  link: [said`link`, () => location.href.split("#")[0] + (state.link ? `#${state.link}` : "")],
  yaml: [said`network file`, () => yamlOf(content, state)],
  command: [said`command line`, () => commandOf(content, state)],
};

function copySection() {
  const shown = make("textarea", {
    id: "copied",
    readonly: true,
    rows: 4,
    hidden: true,
    "aria-label": said`the copied text`,
  });
  const copy = async ([name, make_]) => {
    if (!found && name !== COPIES.link[0]) {
      say(said`no ${name}: ${document.getElementById("wrong").textContent}`);
      return;
    }
    shown.hidden = false;
    shown.value = make_();
    shown.rows = Math.min(16, shown.value.split("\n").length + 1);
    shown.select();
    try {
      await navigator.clipboard.writeText(shown.value);
      say(said`the ${name} is copied`);
    } catch {
      say(said`the ${name} is selected: Ctrl+C copies it`);
    }
  };
  const buttons = Object.entries(COPIES).map(([id, kind]) =>
    make("button", { type: "button", id: `copy-${id}`, onclick: () => copy(kind) }, said`Copy as ${kind[0]}`),
  );
  return make("section", { class: "copies" }, make("h2", {}, said`take it with you`), make("p", {}, ...buttons), shown);
}
