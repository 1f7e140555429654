// Entry point: read the data of the page, and connect its parts to one state.
import { createCanvasHolder } from "./renderer.js";
import { createDetails } from "./details.js";
import { connectDownloads } from "./downloads.js";
import { createLegend } from "./legend.js";
import { createModel } from "./model.js";
import { createPlayer } from "./player.js";
import { createPlot } from "./plot.js";
import { readPage } from "./page.js";
import { createState } from "./state.js";
import { connectTables } from "./tables.js";
import { createTrace } from "./trace.js";

async function start() {
  const page = await readPage(JSON.parse(document.getElementById("mixtura-data").textContent));
  const model = createModel(page);
  const state = createState({
    frame: page.firstFrame,
    x: page.shown[0],
    y: page.shown[1],
    selected: -1,
    row: -1,
    pinned: -1,
    playing: false,
  });
  const holder = createCanvasHolder(document.getElementById("plot"), page, model);
  const player = createPlayer(page, state);
  createPlot(page, model, state, holder);
  createLegend(page, model, state);
  createDetails(page, model, state);
  createTrace(page, state);
  connectTables(page, state);
  connectDownloads(page, model);
  // What tests, and the curious, read.
  window.mixtura = {
    frames: page.frameCount,
    posterior: (frame, row) => Array.from(model.posterior(frame, row)),
    marginal: (frame, component, x, y) => model.marginal(frame, component, x, y),
    weight: (frame, component) => model.weight(frame, component),
    state: () => state.all(),
    renderer: () => holder.kind(),
    readBack: (frame) => holder.readBack(frame),
  };
  document.documentElement.classList.add("ready");
  state.announce();
  if (page.autoplay && !matchMedia("(prefers-reduced-motion: reduce)").matches) player.play();
}

start().catch((error) => {
  const notice = document.getElementById("notice");
  notice.hidden = false;
  notice.append(` (${error.message})`);
  throw error;
});
