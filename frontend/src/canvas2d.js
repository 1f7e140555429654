// Points on a 2D canvas, for browsers without WebGL2 and for mixtures that are too wide for it.
import { fade, heightOf } from "./points.js";

const LEVELS = 4; // of fading, so that the colour changes rarely

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
    const round = side > 3.5 * view.ratio;
    if (round) context.beginPath();
    for (const row of rows) {
      const x = (page.values[row * page.d + view.x] * view.scaleX + view.offsetX) * canvas.width;
      const y = (1 - heightOf(page, view, row)) * canvas.height;
      if (round) {
        context.moveTo(x + side / 2, y);
        context.arc(x, y, side / 2, 0, 2 * Math.PI);
      } else context.fillRect(x - side / 2, y - side / 2, side, side);
    }
    if (round) context.fill();
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
