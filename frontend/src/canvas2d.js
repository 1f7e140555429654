// Points on a 2D canvas, for browsers without WebGL2 and for mixtures that are too wide for it.
import { fade, heightOf, shapeOf } from "./points.js";

const LEVELS = 4; // of fading, so that the colour changes rarely

// How a point of each shape is added to a path.
const OUTLINES = [
  (context, x, y, r) => { context.moveTo(x + r, y); context.arc(x, y, r, 0, 2 * Math.PI); },
  (context, x, y, r) => context.rect(x - 0.83 * r, y - 0.83 * r, 1.66 * r, 1.66 * r),
  (context, x, y, r) => { context.moveTo(x + r, y); context.lineTo(x, y + r); context.lineTo(x - r, y); context.lineTo(x, y - r); },
];

export function createCanvasRenderer(canvas, page, model) {
  const context = canvas.getContext("2d");

  function draw(view) {
    const { labels, certainty } = model.classify(view.frame);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const groups = new Map();
    for (let row = 0; row < page.n; row++) {
      const level = Math.round(fade(certainty[row]) * (LEVELS - 1));
      const key = labels[row] * LEVELS + level;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    }
    for (const [key, rows] of groups) drawGroup(view, rows, Math.floor(key / LEVELS), (key % LEVELS) / (LEVELS - 1));
    context.globalAlpha = 1;
  }

  function drawGroup(view, rows, label, strength) {
    const chosen = view.selected < 0 || view.selected === label;
    context.globalAlpha = view.alpha * (chosen ? 1 : view.dimmed);
    context.fillStyle = mix(view.neutral, view.colours[label], strength);
    const side = view.size;
    const large = side > 3.5 * view.ratio;
    if (large) context.beginPath();
    for (const row of rows) {
      const x = (page.values[row * page.d + view.x] * view.scaleX + view.offsetX) * canvas.width;
      const y = (1 - heightOf(page, view, row)) * canvas.height;
      if (large) OUTLINES[label === page.k ? 0 : shapeOf(label)](context, x, y, side / 2);
      else context.fillRect(x - side / 2, y - side / 2, side, side);
    }
    if (large) context.fill();
  }

  function readBack(frame) {
    const { labels, certainty } = model.classify(frame);
    return { labels: Array.from(labels), certainty: Array.from(certainty) };
  }

  return { kind: "canvas", draw, readBack };
}

function mix(from, to, strength) {
  return `rgb(${from.map((value, i) => Math.round(255 * (value + (to[i] - value) * strength))).join(" ")})`;
}
