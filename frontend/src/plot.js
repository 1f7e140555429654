// The scatter plot: points on a canvas, and above it an SVG with axes, ellipses and the row that is pointed at.
import { createAxes } from "./axes.js";
import { drawDensities } from "./densities.js";
import { drawEllipses } from "./ellipses.js";
import { connectPointing } from "./pointing.js";
import { svg } from "./svg.js";
import { viewOf } from "./view.js";

// Returns what lets go of the page: as long as the browser tells a plot of its colours, the arrays of the rows stay in memory.
export function createPlot(page, model, state, holder) {
  const container = document.getElementById("plot");
  const overlay = container.appendChild(svg("svg", { "aria-hidden": "true" }));
  const axes = createAxes(page, overlay);
  const shapes = overlay.appendChild(svg("g"));
  const placeRing = connectPointing(page, state, container, axes, overlay);
  let scheduled = false;

  function redraw() {
    scheduled = false;
    if (!container.isConnected) return; // another fit has taken its place
    const values = state.all();
    const box = axes.layout(container.clientWidth, container.clientHeight, values);
    const view = viewOf(page, values, container);
    fitCanvas(holder.canvas(), box, view.ratio);
    holder.draw(view);
    shapes.replaceChildren(...(values.y < 0 ? drawDensities : drawEllipses)(page, model, values, box));
    placeRing();
  }

  // Several changes within one picture of the screen are drawn once.
  function schedule() {
    if (!scheduled) requestAnimationFrame(redraw);
    scheduled = true;
  }

  container.addEventListener("redraw", schedule);
  const sizes = new ResizeObserver(schedule);
  sizes.observe(container);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", schedule);
  state.on(["frame", "x", "y", "selected"], schedule);
  connectColumns(state);
  return () => {
    sizes.disconnect();
    scheme.removeEventListener("change", schedule);
  };
}

// Put the canvas where the axes are, with as many pixels as the screen has there.
function fitCanvas(canvas, box, ratio) {
  Object.assign(canvas.style, { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px` });
  const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
}

// The two menus of columns; the second one can also be the density of the first.
function connectColumns(state) {
  for (const key of ["x", "y"]) {
    const menu = document.getElementById(`column-${key}`);
    menu.value = String(state.get(key));
    menu.addEventListener("change", () => state.set({ [key]: Number(menu.value) }));
  }
}
