// One column: a histogram of its rows, the density of each component times its weight, and their sum.
import { BAND } from "./points.js";
import { svg } from "./svg.js";

const BINS = 48;
const POINTS = 240;
const histograms = new WeakMap(); // of each page, by column: in the app one page follows another

function histogramOf(page, column) {
  if (!histograms.has(page)) histograms.set(page, new Map());
  const found = histograms.get(page);
  if (!found.has(column)) {
    const [low, high] = page.limits[column];
    const width = (high - low) / BINS;
    const heights = new Float64Array(BINS);
    for (let row = 0; row < page.n; row++) {
      const bin = Math.floor((page.value(row, column) - low) / width);
      heights[Math.min(Math.max(bin, 0), BINS - 1)] += 1 / (page.n * width);
    }
    found.set(column, { heights, low, width });
  }
  return found.get(column);
}

// The axis does not move from frame to frame: it has room for the histogram and for the densities at the end.
export function densityLimit(page, column) {
  return 1.12 * Math.max(...histogramOf(page, column).heights, page.peaks[column]);
}

export function drawDensities(page, model, values, box) {
  const [low, high] = page.limits[values.x];
  const limit = densityLimit(page, values.x);
  const bottom = box.top + box.height * (1 - BAND);
  const across = (x) => box.left + ((x - low) / (high - low)) * box.width;
  const up = (density) => Math.max(bottom - (density / limit) * box.height * (1 - BAND), box.top);
  const curve = (densities) => `M${densities.map((y, i) => `${across(low + ((high - low) * i) / POINTS).toFixed(1)} ${up(y).toFixed(1)}`).join("L")}`;
  const total = new Float64Array(POINTS + 1);
  const drawn = bars(page, values.x, across, up, bottom);
  for (let j = 0; j < page.k; j++) {
    if (!model.isAlive(values.frame, j)) continue;
    const own = densitiesOf(model, values.frame, j, values.x, low, high);
    own.forEach((density, i) => { total[i] += density; });
    const chosen = values.selected < 0 || values.selected === j;
    drawn.push(svg("path", { class: "curve", d: curve(own), stroke: page.colours[j], opacity: chosen ? 1 : 0.25 }));
  }
  drawn.push(svg("path", { class: "sum", d: curve(Array.from(total)) }));
  drawn.push(svg("line", { class: "baseline", x1: box.left, x2: box.left + box.width, y1: bottom, y2: bottom }));
  return drawn;
}

function bars(page, column, across, up, bottom) {
  const { heights, low, width } = histogramOf(page, column);
  return Array.from(heights, (height, bin) => {
    const [left, right] = [across(low + bin * width), across(low + (bin + 1) * width)];
    const top = up(height);
    return svg("rect", { class: "bar", x: left, y: top, width: Math.max(right - left - 0.5, 0.5), height: Math.max(bottom - top, 0) });
  });
}

function densitiesOf(model, frame, component, column, low, high) {
  const { mean, sd } = model.marginal(frame, component, column, column);
  const factor = model.weight(frame, component) / (Math.sqrt(2 * Math.PI) * sd[0]);
  return Array.from({ length: POINTS + 1 }, (_, i) => {
    const z = (low + ((high - low) * i) / POINTS - mean[0]) / sd[0];
    return factor * Math.exp((-z * z) / 2);
  });
}
