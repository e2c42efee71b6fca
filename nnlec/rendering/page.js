"use strict";
// Pointing at an entry of a product, or reaching it with the arrow keys, marks the row and the column that made it.
const buttons = [...document.querySelectorAll(".product button[data-entry]")];
let current = -1;

function clear() {
  for (const cell of document.querySelectorAll(".marked, .worked")) cell.classList.remove("marked", "worked");
  for (const working of document.querySelectorAll(".working")) working.replaceChildren();
}

function show(button) {
  const product = button.closest(".product");
  const template = product.querySelector(`template[data-entry="${button.dataset.entry}"]`);
  const working = product.querySelector(".working");
  if (button.parentElement.classList.contains("worked") && working.hasChildNodes()) return;
  clear();
  for (const cell of product.querySelectorAll(`.left td[data-row="${template.dataset.row}"]`)) cell.classList.add("marked");
  for (const cell of product.querySelectorAll(`.right td[data-column="${template.dataset.column}"]`))
    cell.classList.add("marked");
  button.parentElement.classList.add("worked");
  working.replaceChildren(template.content.cloneNode(true));
  current = buttons.indexOf(button);
}

for (const button of buttons) {
  for (const event of ["pointerenter", "focus", "click"]) button.addEventListener(event, () => show(button));
}

document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") { clear(); current = -1; document.activeElement.blur(); }
  if (!step || !buttons.length || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  current = current < 0 ? (step > 0 ? 0 : buttons.length - 1) : Math.min(buttons.length - 1, Math.max(0, current + step));
  buttons[current].focus();
  buttons[current].scrollIntoView({ block: "nearest", inline: "nearest" });
});
