// Axes of the plot: where the drawing area lies, and the ticks, numbers and names along it.
import { BAND } from "./points.js";
import { densityLimit } from "./densities.js";
import { svg } from "./svg.js";
import { formatTick, ticksOf } from "./ticks.js";

const CHARACTER = 6.6; // pixels, on average, of the font of ticks

export function createAxes(page, overlay) {
  const group = overlay.appendChild(svg("g", { class: "axes" }));
  let box = { left: 0, top: 0, width: 1, height: 1 };

  // What runs upwards: a column, or the density above the band of points.
  function upwards(values) {
    if (values.y >= 0) return { limits: page.limits[values.y], name: page.columns[values.y], from: 0 };
    return { limits: [0, densityLimit(page, values.x)], name: page.strings.density, from: BAND };
  }

  function layout(width, height, values) {
    overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    overlay.setAttribute("width", width);
    overlay.setAttribute("height", height);
    const up = upwards(values);
    const vertical = ticksOf(...up.limits, height / 70);
    const longest = Math.max(...vertical.ticks.map((tick) => formatTick(tick, vertical.step).length));
    const left = 34 + longest * CHARACTER;
    box = { left, top: 10, width: Math.max(width - left - 14, 40), height: Math.max(height - 58, 40) };
    const across = ticksOf(...page.limits[values.x], box.width / 90);
    group.replaceChildren(
      svg("rect", { class: "frame", x: box.left, y: box.top, width: box.width, height: box.height }),
      ...across.ticks.flatMap((tick) => acrossTick(tick, across.step, page.limits[values.x])),
      ...vertical.ticks.flatMap((tick) => upTick(tick, vertical.step, up)),
      name(page.columns[values.x], box.left + box.width / 2, box.top + box.height + 40, box.width, ""),
      name(up.name, 14, box.top + box.height / 2, box.height, `rotate(-90 14 ${box.top + box.height / 2})`),
    );
    return box;
  }

  function acrossTick(tick, step, [low, high]) {
    const x = box.left + ((tick - low) / (high - low)) * box.width;
    const bottom = box.top + box.height;
    return [
      svg("line", { class: "grid", x1: x, x2: x, y1: box.top, y2: bottom }),
      svg("text", { x, y: bottom + 18, "text-anchor": "middle" }, formatTick(tick, step)),
    ];
  }

  function upTick(tick, step, { limits: [low, high], from }) {
    const y = box.top + box.height * (1 - from - ((tick - low) / (high - low)) * (1 - from));
    return [
      svg("line", { class: "grid", x1: box.left, x2: box.left + box.width, y1: y, y2: y }),
      svg("text", { x: box.left - 8, y: y + 4, "text-anchor": "end" }, formatTick(tick, step)),
    ];
  }

  return { layout, box: () => box };
}

function name(text, x, y, room, transform) {
  const most = Math.max(Math.floor(room / 7), 4);
  const shown = text.length > most ? `${text.slice(0, most - 1)}\u2026` : text;
  return svg("text", { class: "axis-name", x, y, transform, "text-anchor": "middle" }, shown);
}
