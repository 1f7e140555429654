// Entry point of the app: the form asks for fits, the explorer shows them while they run and when they are done.
import { ask, createConnection } from "./connection.js";
import { createExplorer } from "./explorer.js";
import { createFits, partOf } from "./fits.js";
import { createSetup } from "./setup.js";
import { html } from "./svg.js";
import { connectTables } from "./tables.js";
import { formatLoglik } from "./ticks.js";

const settings = JSON.parse(document.getElementById("settings").textContent);
const text = (key, values = {}) =>
  Object.entries(values).reduce((found, [name, value]) => found.replaceAll(`{${name}}`, value), settings.strings[key]);
const part = (id) => document.getElementById(id);
const explorer = createExplorer();
const seen = { frames: 0, starts: 0, cells: 0 };
let live = null;

function say(sentence, running) {
  part("status").textContent = sentence;
  part("status").classList.toggle("running", running);
}

// A screen reader is told of the beginning and the end, not of every iteration.
function announce(sentence, running) {
  say(sentence, running);
  part("announcement").textContent = sentence;
}

function showError(sentence) {
  part("error").hidden = sentence === "";
  part("error").textContent = sentence && sentence[0].toUpperCase() + sentence.slice(1);
  if (sentence) part("error").scrollIntoView({ block: "nearest" });
}

function begin(request) {
  Object.assign(seen, { frames: 0, starts: 0, cells: 0 });
  showError("");
  setup.setRunning(true);
  part("cells").hidden = !setup.selects();
  part("cell-rows").replaceChildren();
  announce(text(setup.selects() ? "app_selecting" : "app_searching"), true);
  connection.send(request);
}

// Where the form is above the view, the view comes into sight.
function showProgress() {
  if (matchMedia("(max-width: 60rem)").matches) part("progress").scrollIntoView({ block: "start" });
}

async function show(view) {
  const state = await explorer.finished(view.page);
  part("summary").hidden = false;
  part("summary").replaceChildren(...partOf(view.summary));
  const list = part("summary").querySelector("[data-part=warnings]");
  list.append(...(view.warnings ?? []).map((sentence) => html("li", {}, sentence)));
  list.hidden = list.children.length === 0;
  connectTables(explorer.current().page, state);
  state.announce(["selected"]);
  fits.mark(view.fit.number);
}

function showCell({ model, n_components, bic }) {
  const rows = part("cell-rows");
  const row = html("tr");
  row.dataset.bic = bic ?? Infinity;
  const shown = bic === null ? "\u2013" : bic.toFixed(2).replace("-", "\u2212");
  row.append(html("th", { scope: "row" }, model), html("td", { class: "number" }, String(n_components)), html("td", { class: "number" }, shown));
  const after = [...rows.children].find((other) => Number(other.dataset.bic) > Number(row.dataset.bic));
  rows.insertBefore(row, after ?? null);
  seen.cells += 1;
  say(`${text("app_selecting")} ${text("app_cells", { n: seen.cells })}`, true);
}

const handlers = {
  async begin({ start, page }) {
    live = await explorer.begin(page);
    seen.starts = start;
  },
  frame(message) {
    seen.frames += 1;
    explorer.frame(live, message);
    if (seen.frames === 1) showProgress();
    const prefix = seen.starts ? text("app_start", { number: seen.starts + 1 }) : "";
    say(prefix + text("app_iterating", { number: message.number, loglik: formatLoglik(message.loglik) }), true);
  },
  cell: showCell,
  async done(message) {
    setup.setRunning(false);
    fits.add(message.fit);
    fits.drop(message.dropped);
    await show(message);
    announce(text("app_done", { number: message.fit.number, iterations: message.fit.iterations }), false);
  },
  error({ message }) {
    setup.setRunning(false);
    say("", false);
    showError(message);
  },
};

const fits = createFits(settings, text, {
  onError: showError,
  async onShow(number) {
    try {
      await show(await ask(`fits/${number}/view`));
      showError("");
      part("view").scrollIntoView({ block: "nearest" });
    } catch (error) {
      showError(error.message);
    }
  },
});
const setup = createSetup(settings, {
  onFit: begin,
  onStop() {
    announce(text("app_stopping"), true);
    connection.send({ type: "stop" });
  },
  onPace: (rate) => connection.send({ type: "speed", rate }),
});
const connection = createConnection((message) => handlers[message.type]?.(message), () => {
  setup.setRunning(false);
  say("", false);
  showError(text("app_lost"));
});

for (const fit of settings.fits) fits.add(fit); // those of the session, where the page is loaded again

// What tests, and the curious, read.
window.mixtura = {
  seen: () => ({ ...seen }),
  frames: () => explorer.current().page.frames.numbers.length,
  posterior: (frame, row) => Array.from(explorer.current().model.posterior(frame, row)),
  renderer: () => explorer.current().holder.kind(),
  state: () => explorer.current().state.all(),
};
document.documentElement.classList.add("ready");
