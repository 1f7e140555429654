// The explorer of the app: that of reports, mounted anew for each fit, with the player once the fit is done.
import { createDetails } from "./details.js";
import { createLegend } from "./legend.js";
import { createModel } from "./model.js";
import { createPlayer } from "./player.js";
import { createPlot } from "./plot.js";
import { readLivePage, readPage } from "./page.js";
import { createCanvasHolder } from "./renderer.js";
import { createState } from "./state.js";
import { html } from "./svg.js";
import { createTrace } from "./trace.js";

export function createExplorer() {
  const view = document.getElementById("view");
  const template = document.getElementById("explorer-template");
  let shown = null;
  let releasePlot = null;

  function unmount() {
    releasePlot?.();
    const canvas = view.querySelector("canvas");
    canvas?.remove(); // before its context is lost, so that nobody puts another one in its place
    canvas?.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext();
    view.replaceChildren();
  }

  function mount(page, frame, live) {
    unmount();
    view.append(template.content.querySelector(".explorer").cloneNode(true));
    if (live) document.getElementById("player").remove();
    for (const [id, names] of [["column-x", page.columns], ["column-y", page.d > 1 ? page.columns : []]]) {
      document.getElementById(id).prepend(...names.map((name, column) => html("option", { value: column }, name)));
    }
    const kept = sameColumns(page) ? shown.state.all() : { x: page.shown[0], y: page.shown[1], pinned: -1 };
    const state = createState({ frame, x: kept.x, y: kept.y, selected: -1, row: -1, pinned: kept.pinned, playing: false });
    const model = createModel(page);
    const holder = createCanvasHolder(document.getElementById("plot"), page, model);
    createPlayer(page, state);
    releasePlot = createPlot(page, model, state, holder);
    createLegend(page, model, state);
    createDetails(page, model, state);
    createTrace(page, state);
    state.announce();
    shown = { page, model, state, holder };
  }

  // What was looked at stays in view when the next page has the same columns.
  function sameColumns(page) {
    return shown !== null && shown.page.columns.join("\n") === page.columns.join("\n") && shown.page.n === page.n;
  }

  return {
    begin: readLivePage,
    frame(page, message) {
      page.append(message);
      const frame = page.frames.recorded - 1;
      if (frame === 0) mount(page, 0, true);
      else shown.state.set({ frame });
    },
    async finished(given) {
      const page = await readPage(given);
      mount(page, page.fitFrame, false);
      return shown.state;
    },
    current: () => shown,
  };
}
