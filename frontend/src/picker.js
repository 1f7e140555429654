// The row that is nearest to a place in the plot, found by a grid of cells.
import { heightOf } from "./points.js";

const CELLS = 64;

export function createPicker(page) {
  let key = "";
  let starts = null;
  let order = null;
  let places = null;

  // Rows sorted by their cell; made anew when the columns have changed.
  function index(view) {
    if (key === `${view.x} ${view.y}`) return;
    key = `${view.x} ${view.y}`;
    places = new Float32Array(2 * page.n);
    starts = new Uint32Array(CELLS * CELLS + 1);
    const cells = new Uint16Array(page.n);
    const cell = (value) => Math.min(Math.max(Math.floor(value * CELLS), 0), CELLS - 1);
    for (let row = 0; row < page.n; row++) {
      places[2 * row] = page.values[row * page.d + view.x] * view.scaleX + view.offsetX;
      places[2 * row + 1] = heightOf(page, view, row);
      cells[row] = cell(places[2 * row]) * CELLS + cell(places[2 * row + 1]);
      starts[cells[row] + 1]++;
    }
    for (let i = 0; i < CELLS * CELLS; i++) starts[i + 1] += starts[i];
    const next = starts.slice();
    order = new Uint32Array(page.n);
    for (let row = 0; row < page.n; row++) order[next[cells[row]]++] = row;
  }

  // The nearest row within the given distances, or -1.
  function nearest(view, x, y, nearX, nearY) {
    index(view);
    let best = -1;
    let least = 1;
    const range = (value, near) => [value - near, value + near].map((end) => Math.min(Math.max(Math.floor(end * CELLS), 0), CELLS - 1));
    const [[fromX, toX], [fromY, toY]] = [range(x, nearX), range(y, nearY)];
    for (let i = fromX; i <= toX; i++) {
      for (let at = starts[i * CELLS + fromY]; at < starts[i * CELLS + toY + 1]; at++) {
        const row = order[at];
        const distance = ((places[2 * row] - x) / nearX) ** 2 + ((places[2 * row + 1] - y) / nearY) ** 2;
        if (distance < least) [best, least] = [row, distance];
      }
    }
    return best;
  }

  return { nearest };
}
