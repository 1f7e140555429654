// The legend: a button for each component, with its weight in the current frame; it highlights the component.
import { shapeOf } from "./points.js";
import { html, svg } from "./svg.js";
import { formatPercent } from "./ticks.js";

// A circle, a square and a diamond in a box of twelve pixels.
const SWATCHES = ["M12 6A6 6 0 1 1 0 6A6 6 0 1 1 12 6", "M1 1H11V11H1Z", "M6 0L12 6L6 12L0 6Z"];

export function createLegend(page, model, state) {
  const list = document.getElementById("legend");
  const entries = page.colours.slice(0, page.k + (page.noise ? 1 : 0)).map((colour, component) => {
    const button = html("button", { type: "button", "aria-pressed": "false" });
    const swatch = svg("svg", { viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" });
    swatch.append(svg("path", { d: SWATCHES[component === page.k ? 0 : shapeOf(component)], fill: colour }));
    const weight = html("span", { class: "weight" });
    button.append(swatch, html("span", { class: "name" }, page.nameOf(component)), weight);
    button.title = page.nameOf(component);
    button.addEventListener("click", () => toggle(component));
    const item = html("li");
    item.append(button);
    list.append(item);
    return { button, weight, component };
  });

  function toggle(component) {
    state.set({ selected: state.get("selected") === component ? -1 : component });
  }

  state.on(["frame"], ({ frame }) => {
    for (const { weight, component } of entries) weight.textContent = formatPercent(model.weight(frame, component));
  });
  state.on(["selected"], ({ selected }) => {
    for (const { button, component } of entries) button.setAttribute("aria-pressed", String(selected === component));
  });
}
