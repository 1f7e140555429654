// The scatter plot: points on a canvas, and above it an SVG with axes, ellipses and the row that is pointed at.
import { createAxes } from "./axes.js";
import { drawDensities } from "./densities.js";
import { drawEllipses } from "./ellipses.js";
import { createPicker } from "./picker.js";
import { heightOf } from "./points.js";
import { rgbOf, svg } from "./svg.js";

const NEAR = 14; // pixels within which a row is pointed at

export function createPlot(page, model, state, holder) {
  const container = document.getElementById("plot");
  const overlay = container.appendChild(svg("svg", { "aria-hidden": "true" }));
  const axes = createAxes(page, overlay);
  const shapes = overlay.appendChild(svg("g"));
  const ring = overlay.appendChild(svg("circle", { class: "ring", r: 7, visibility: "hidden" }));
  const picker = createPicker(page);
  let scheduled = false;

  function theme() {
    const style = getComputedStyle(container);
    return { neutral: rgbOf(style.getPropertyValue("--neutral").trim()) };
  }

  function viewOf(values) {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const axis = (column) => {
      const [low, high] = page.limits[column];
      return [page.rows.unit[column] / (high - low), (page.rows.origin[column] - low) / (high - low)];
    };
    const [scaleX, offsetX] = axis(values.x);
    const [scaleY, offsetY] = values.y < 0 ? [0, 0] : axis(values.y);
    const size = Math.min(Math.max(34 / page.n ** 0.28, 1.6), 8) * ratio;
    return {
      ...values, ratio, scaleX, offsetX, scaleY, offsetY, size,
      alpha: Math.min(Math.max(5 / page.n ** 0.25, 0.45), 0.9),
      dimmed: 0.1,
      colours: page.colours.map(rgbOf),
      ...theme(),
    };
  }

  function redraw() {
    scheduled = false;
    if (!container.isConnected) return; // another fit has taken its place
    const values = state.all();
    const box = axes.layout(container.clientWidth, container.clientHeight, values);
    const view = viewOf(values);
    const canvas = holder.canvas();
    Object.assign(canvas.style, { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px` });
    const [width, height] = [Math.round(box.width * view.ratio), Math.round(box.height * view.ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    holder.draw(view);
    const draw = values.y < 0 ? drawDensities : drawEllipses;
    shapes.replaceChildren(...draw(page, model, values, box));
    placeRing();
  }

  function schedule() {
    if (!scheduled) requestAnimationFrame(redraw);
    scheduled = true;
  }

  function positionOf(row) {
    const view = viewOf(state.all());
    const box = axes.box();
    const x = page.values[row * page.d + view.x] * view.scaleX + view.offsetX;
    return [box.left + x * box.width, box.top + (1 - heightOf(page, view, row)) * box.height];
  }

  function placeRing() {
    const row = state.get("row") >= 0 ? state.get("row") : state.get("pinned");
    ring.setAttribute("visibility", row < 0 ? "hidden" : "visible");
    if (row < 0) return;
    const [x, y] = positionOf(row);
    ring.setAttribute("cx", x);
    ring.setAttribute("cy", y);
  }

  function rowAt(event) {
    const bounds = container.getBoundingClientRect();
    const box = axes.box();
    const [x, y] = [(event.clientX - bounds.left - box.left) / box.width, 1 - (event.clientY - bounds.top - box.top) / box.height];
    return picker.nearest(viewOf(state.all()), x, y, NEAR / box.width, NEAR / box.height);
  }

  container.addEventListener("pointermove", (event) => state.set({ row: rowAt(event) }));
  container.addEventListener("pointerleave", () => state.set({ row: -1 }));
  container.addEventListener("click", (event) => state.set({ pinned: rowAt(event), row: -1 }));
  container.addEventListener("redraw", schedule);
  new ResizeObserver(schedule).observe(container);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", schedule);
  state.on(["frame", "x", "y", "selected"], schedule);
  state.on(["row", "pinned"], placeRing);
  connectColumns(page, state);
}

// The two menus of columns; the second one can also be the density of the first.
function connectColumns(page, state) {
  for (const key of ["x", "y"]) {
    const menu = document.getElementById(`column-${key}`);
    menu.value = String(state.get(key));
    menu.addEventListener("change", () => state.set({ [key]: Number(menu.value) }));
  }
}
