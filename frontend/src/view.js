// How rows become places and colours: what both renderers need for the columns and the frame that are shown.
import { rgbOf } from "./svg.js";

const bounded = (value, low, high) => Math.min(Math.max(value, low), high);

// Factor and offset that take a column's travelling values to the axis from 0 to 1.
function axisOf(page, column) {
  const [low, high] = page.limits[column];
  return [page.rows.unit[column] / (high - low), (page.rows.origin[column] - low) / (high - low)];
}

export function viewOf(page, values, container) {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  const [scaleX, offsetX] = axisOf(page, values.x);
  const [scaleY, offsetY] = values.y < 0 ? [0, 0] : axisOf(page, values.y);
  return {
    ...values, ratio, scaleX, offsetX, scaleY, offsetY,
    // Smaller and paler the more rows there are.
    size: bounded(34 / page.n ** 0.28, 1.6, 8) * ratio,
    alpha: bounded(5 / page.n ** 0.25, 0.45, 0.9),
    dimmed: 0.1,
    colours: page.colours.map(rgbOf),
    neutral: rgbOf(getComputedStyle(container).getPropertyValue("--neutral").trim()),
  };
}
