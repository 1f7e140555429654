// Ellipses at two standard deviations about the components' means in the two columns of the plot.
import { svg } from "./svg.js";

const DEVIATIONS = 2;
const STEPS = 72;
const MOST_NUMBERED = 40; // numbers of more components would hide each other

export function drawEllipses(page, model, values, box) {
  const drawn = [];
  const scale = ([x, y]) => [
    box.left + ((x - page.limits[values.x][0]) / (page.limits[values.x][1] - page.limits[values.x][0])) * box.width,
    box.top + (1 - (y - page.limits[values.y][0]) / (page.limits[values.y][1] - page.limits[values.y][0])) * box.height,
  ];
  const clip = svg("clipPath", { id: "plot-area" });
  clip.append(svg("rect", { x: box.left, y: box.top, width: box.width, height: box.height }));
  for (let j = 0; j < page.k; j++) {
    if (!model.isAlive(values.frame, j)) continue;
    const { outline, mean } = outlineOf(model.marginal(values.frame, j, values.x, values.y), scale);
    drawn.push(componentShape(page, j, values.selected, outline, mean));
  }
  const group = svg("g", { "clip-path": "url(#plot-area)" });
  group.append(...drawn);
  return [clip, group];
}

// The ellipse as a path: the unit circle by the Cholesky factor of the covariance matrix.
function outlineOf({ mean, sd, correlation }, scale) {
  const a = sd[0];
  const b = correlation * sd[1];
  const c = Math.sqrt(Math.max(1 - correlation ** 2, 0)) * sd[1];
  const points = Array.from({ length: STEPS }, (_, i) => {
    const [cos, sin] = [Math.cos((2 * Math.PI * i) / STEPS), Math.sin((2 * Math.PI * i) / STEPS)];
    const point = [mean[0] + DEVIATIONS * a * cos, mean[1] + DEVIATIONS * (b * cos + c * sin)];
    return scale(point).map((value) => value.toFixed(1)).join(" ");
  });
  return { outline: `M${points.join("L")}Z`, mean: scale(mean) };
}

function componentShape(page, component, selected, outline, [x, y]) {
  const chosen = selected < 0 || selected === component;
  const group = svg("g", { class: "component", opacity: chosen ? 1 : 0.25 });
  group.append(
    svg("path", { class: "halo", d: outline }),
    svg("path", { class: "ellipse", d: outline, stroke: page.colours[component] }),
    svg("circle", { class: "mean", cx: x, cy: y, r: page.k > MOST_NUMBERED ? 3.5 : 9, fill: page.colours[component] }),
  );
  if (page.k <= MOST_NUMBERED) group.append(
    svg("text", { class: "mean-label", x, y: y + 4, "text-anchor": "middle", style: `fill: ${inkOn(page.colours[component])}` }, String(component)),
  );
  return group;
}

// Black or white, whichever can be read better on a colour.
export function inkOn(hex) {
  const linear = [1, 3, 5].map((start) => (parseInt(hex.slice(start, start + 2), 16) / 255) ** 2.2);
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.18 ? "#111" : "#fff";
}
