// The fits of the session: a list, from which one is shown again, and the comparison of two.
import { ask } from "./connection.js";
import { html } from "./svg.js";

const number = (value) => value === null ? "\u2013" : value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 }).replace("-", "\u2212");

// Parts of the page that the server has made; it escapes all text, and the page runs no script but its own.
export function partOf(text) {
  return document.adoptNode(new DOMParser().parseFromString(text, "text/html").body).childNodes;
}

export function createFits(settings, text, { onShow, onError }) {
  const lines = new Map();
  const rows = document.getElementById("fit-rows");
  const menus = ["first", "second"].map((id) => document.getElementById(id));
  const form = document.getElementById("compare");
  const comparison = document.getElementById("comparison");

  function add(fit) {
    const row = html("tr");
    const head = html("th", { scope: "row" });
    const button = html("button", { type: "button", class: "link", "aria-label": text("app_show", { number: fit.number }) }, text("app_fit", { number: fit.number }));
    button.addEventListener("click", () => onShow(fit.number));
    head.append(button);
    const count = html("td", { class: "number", title: fit.columns.join(", ") }, text("app_columns_count", { n: fit.columns.length, total: settings.columns.length }));
    const numbers = [fit.loglik, fit.bic, fit.icl].map((value) => html("td", { class: "number" }, number(value)));
    row.append(head, html("td", {}, fit.model), html("td", { class: "number" }, String(fit.n_components)), count, ...numbers);
    rows.prepend(row);
    lines.set(fit.number, row);
    update();
    menus[1].value = String(fit.number);
    if (lines.size > 1) menus[0].value = String([...lines.keys()].at(-2));
  }

  function drop(numbers) {
    for (const one of numbers) lines.get(one)?.remove();
    for (const one of numbers) lines.delete(one);
    const notice = document.getElementById("dropped");
    notice.hidden = numbers.length === 0;
    notice.textContent = numbers.length ? text("app_dropped", { numbers: numbers.join(", "), most: settings.most }) : "";
    update();
  }

  function update() {
    document.getElementById("fits").hidden = lines.size === 0;
    form.hidden = lines.size < 2;
    for (const menu of menus) {
      const before = menu.value;
      menu.replaceChildren(...[...lines.keys()].map((one) => html("option", { value: one }, text("app_fit", { number: one }))));
      if (lines.has(Number(before))) menu.value = before;
    }
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { part } = await ask(`comparison?first=${menus[0].value}&second=${menus[1].value}`);
      comparison.replaceChildren(...partOf(part));
      onError("");
    } catch (error) {
      onError(error.message);
    }
  });

  return {
    add,
    drop,
    mark(current) {
      for (const [one, row] of lines) row.classList.toggle("current", one === current);
    },
  };
}
