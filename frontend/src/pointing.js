// The row that is pointed at, and the ring around it or around the row that was chosen.
import { createPicker } from "./picker.js";
import { heightOf } from "./points.js";
import { svg } from "./svg.js";
import { viewOf } from "./view.js";

const NEAR = 14; // pixels within which a row is pointed at

export function connectPointing(page, state, container, axes, overlay) {
  const ring = overlay.appendChild(svg("circle", { class: "ring", r: 7, visibility: "hidden" }));
  const picker = createPicker(page);
  const view = () => viewOf(page, state.all(), container);

  function placeRing() {
    const row = state.get("row") >= 0 ? state.get("row") : state.get("pinned");
    ring.setAttribute("visibility", row < 0 ? "hidden" : "visible");
    if (row < 0) return;
    const [shown, box] = [view(), axes.box()];
    const x = page.values[row * page.d + shown.x] * shown.scaleX + shown.offsetX;
    ring.setAttribute("cx", box.left + x * box.width);
    ring.setAttribute("cy", box.top + (1 - heightOf(page, shown, row)) * box.height);
  }

  function rowAt(event) {
    const [bounds, box] = [container.getBoundingClientRect(), axes.box()];
    const x = (event.clientX - bounds.left - box.left) / box.width;
    const y = 1 - (event.clientY - bounds.top - box.top) / box.height;
    return picker.nearest(view(), x, y, NEAR / box.width, NEAR / box.height);
  }

  container.addEventListener("pointermove", (event) => state.set({ row: rowAt(event) }));
  container.addEventListener("pointerleave", () => state.set({ row: -1 }));
  container.addEventListener("click", (event) => state.set({ pinned: rowAt(event), row: -1 }));
  state.on(["row", "pinned"], placeRing);
  return placeRing;
}
