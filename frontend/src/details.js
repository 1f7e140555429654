// What is known of one row: its number, its values, and the probability of each component in the current frame.
import { html } from "./svg.js";
import { formatPercent, formatValue } from "./ticks.js";

const MOST_VALUES = 12;
const MOST_COMPONENTS = 6;

export function createDetails(page, model, state) {
  const panel = document.getElementById("details");
  const input = document.getElementById("row-number");
  const hint = page.strings.details_hint;

  function show({ row, pinned, frame }) {
    const shown = row >= 0 ? row : pinned;
    if (shown < 0) {
      panel.replaceChildren(html("p", { class: "hint" }, hint));
      return;
    }
    const heading = html("h3", {}, page.text("row_number", { number: page.numberOf(shown) }));
    panel.replaceChildren(heading, probabilities(frame, shown), values(shown));
  }

  function probabilities(frame, row) {
    const list = html("ul", { class: "probabilities" });
    const found = Array.from(model.posterior(frame, row), (probability, component) => ({ probability, component }));
    found.sort((a, b) => b.probability - a.probability);
    for (const { probability, component } of found.slice(0, MOST_COMPONENTS)) {
      const item = html("li");
      const bar = html("span", { class: "probability" });
      bar.style.setProperty("--share", `${100 * probability}%`);
      bar.style.setProperty("--colour", page.colours[component]);
      item.append(html("span", { class: "name" }, page.nameOf(component)), bar, html("span", { class: "weight" }, formatPercent(probability)));
      list.append(item);
    }
    return list;
  }

  function values(row) {
    const list = html("dl", { class: "values" });
    for (let c = 0; c < Math.min(page.d, MOST_VALUES); c++) {
      list.append(html("dt", {}, page.columns[c]), html("dd", {}, formatValue(page.value(row, c))));
    }
    return list;
  }

  input.addEventListener("change", () => {
    const row = page.rowOf(Number(input.value));
    input.setAttribute("aria-invalid", String(row < 0 && input.value !== ""));
    state.set({ pinned: row, row: -1 });
  });
  state.on(["pinned"], ({ pinned }) => {
    if (pinned >= 0) input.value = page.numberOf(pinned);
  });
  state.on(["row", "pinned", "frame"], show);
}
