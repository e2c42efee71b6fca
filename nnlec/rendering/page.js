"use strict";
// Pointing at an entry of a product or of a map, or reaching it with the arrow keys, marks what made it.
const buttons = [...document.querySelectorAll(".product button[data-entry], .maps button[data-entry]")];
const marks = ["marked", "worked", "chosen", "edge-top", "edge-bottom", "edge-left", "edge-right"];
let current = -1;

// In a template the numbers and signs of a sum are text, for a page holds thousands; shown, it is a formula.
function written(template) {
  const content = template.content.cloneNode(true);
  for (const math of content.querySelectorAll("math"))
    for (const node of [...math.childNodes]) if (node.nodeType === Node.TEXT_NODE) node.replaceWith(...tokens(node.data));
  return content;
}

function tokens(text) {
  return Array.from(text.matchAll(/−?\d+(?:[.,]\d+)?|\S/g), ([token]) => {
    const element = document.createElementNS("http://www.w3.org/1998/Math/MathML", /\d/.test(token) ? "mn" : "mo");
    element.textContent = token;
    if ("()/".includes(token)) element.setAttribute("stretchy", "false");
    if ("+−".includes(token)) element.setAttribute("form", "infix");
    return element;
  });
}

function clear() {
  for (const cell of document.querySelectorAll(marks.map((mark) => `.${mark}`).join()))
    cell.classList.remove(...marks);
  for (const working of document.querySelectorAll(".working")) working.replaceChildren();
}

function show(button) {
  const block = button.closest(".product, .maps");
  const template = block.querySelector(`template[data-entry="${button.dataset.entry}"]`);
  const working = block.querySelector(".working");
  if (button.parentElement.classList.contains("worked") && working.hasChildNodes()) return;
  clear();
  if (template.dataset.windows !== undefined) light(block, template.dataset.windows.split(";"));
  else {
    for (const cell of block.querySelectorAll(`.left td[data-row="${template.dataset.row}"]`)) cell.classList.add("marked");
    for (const cell of block.querySelectorAll(`.right td[data-column="${template.dataset.column}"]`))
      cell.classList.add("marked");
  }
  button.parentElement.classList.add("worked");
  working.replaceChildren(written(template));
  for (const line of working.querySelectorAll("[data-window]"))
    for (const event of ["pointerenter", "focus", "click"])
      line.addEventListener(event, () => {
        light(block, template.dataset.windows.split(";"), Number(line.dataset.window));
        button.parentElement.classList.add("worked");
      });
  current = buttons.indexOf(button);
}

// The windows of a cell, or one of them alone, and the kernels that they meet.
function light(block, windows, alone = -1) {
  for (const cell of block.querySelectorAll("td")) cell.classList.remove(...marks);
  for (const map of block.querySelectorAll("[data-kernel]")) map.hidden = true;
  windows.forEach((text, index) => {
    const [grid, kernel, row, column, height, width, down, across, ...chosen] = text.split(",").map(Number);
    const lit = alone < 0 || alone === index;
    const weights = block.querySelector(`[data-kernel="${kernel}"]`);
    if (weights) weights.hidden = false;
    if (!lit) return;
    const map = block.querySelector(`[data-input="${grid}"]`);
    if (alone >= 0) for (const shown of [weights, map]) if (shown) shown.scrollIntoView({ block: "nearest", inline: "nearest" });
    for (const cell of weights ? weights.querySelectorAll("td[data-at]") : []) cell.classList.add("marked");
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++) {
        const cell = map.querySelector(`td[data-at="${row + i},${column + j}"]`);
        if (!cell) continue;
        if (i % down === 0 && j % across === 0) cell.classList.add("marked");
        if (i === 0) cell.classList.add("edge-top");
        if (i === height - 1) cell.classList.add("edge-bottom");
        if (j === 0) cell.classList.add("edge-left");
        if (j === width - 1) cell.classList.add("edge-right");
        if (chosen[0] === row + i && chosen[1] === column + j) cell.classList.add("chosen");
      }
    const shades = map.querySelector(".shades");
    if (!shades) return;
    const [rows, columns] = shades.dataset.shape.split(",").map(Number);
    const frame = { left: column / columns, top: row / rows, width: width / columns, height: height / rows };
    for (const [side, part] of Object.entries(frame)) shades.querySelector("i").style[side] = `${100 * part}%`;
  });
}

for (const button of buttons) {
  for (const event of ["pointerenter", "focus", "click"]) button.addEventListener(event, () => show(button));
}
for (const maps of document.querySelectorAll(".maps")) {
  const first = maps.querySelector("template");
  light(maps, first.dataset.windows.split(";"));
  maps.querySelector('button[data-entry="0"]').parentElement.classList.add("worked");
  maps.querySelector(".working").replaceChildren(written(first));
}

// In a map, up and down lead to the row above and below.
function vertical(step) {
  const button = buttons[current];
  const cell = button && button.closest(".maps") && button.parentElement;
  if (!cell) return null;
  const row = step > 0 ? cell.parentElement.nextElementSibling : cell.parentElement.previousElementSibling;
  return row && row.children[cell.cellIndex].querySelector("button");
}

document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") { clear(); current = -1; document.activeElement.blur(); }
  if (!step || !buttons.length || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const beside = ["ArrowUp", "ArrowDown"].includes(event.key) ? vertical(step) : null;
  if (beside) current = buttons.indexOf(beside);
  else current = current < 0 ? (step > 0 ? 0 : buttons.length - 1) : Math.min(buttons.length - 1, Math.max(0, current + step));
  buttons[current].focus();
  buttons[current].scrollIntoView({ block: "nearest", inline: "nearest" });
});

// What is wider than the page can be reached by keyboard, and then be scrolled.
const resized = new ResizeObserver((changes) => {
  for (const { target } of changes)
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
});
for (const box of document.querySelectorAll(".formula, .equation, .steps, .working, .wide, .grids")) resized.observe(box);
