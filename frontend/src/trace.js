// The curve of log-likelihoods, with a marker at the current iteration; a click on it goes to the iteration there.
import { svg } from "./svg.js";
import { formatTick, ticksOf } from "./ticks.js";

export function createTrace(page, state) {
  const container = document.getElementById("trace");
  if (!container) return;
  const { numbers, logliks } = page.frames;
  const picture = container.appendChild(svg("svg", { "aria-hidden": "true" }));
  let low, high, last, recorded;
  let box = null;
  let marker = null;

  const across = (number) => box.left + (number / last) * box.width;
  const up = (value) => box.top + box.height * (1 - (Math.max(value ?? low, low) - low) / (high - low));

  // While EM runs, iterations are added.
  function measure() {
    recorded = page.frames.recorded;
    [low, high] = limitsOf(logliks.slice(0, recorded));
    last = Math.max(numbers[recorded - 1], 1);
  }

  function layout() {
    if (!container.isConnected) return;
    measure();
    const [width, height] = [container.clientWidth, container.clientHeight];
    const vertical = ticksOf(low, high, 4);
    const longest = Math.max(...vertical.ticks.map((tick) => formatTick(tick, vertical.step).length));
    box = { left: 12 + longest * 6.4, top: 8, width: Math.max(width - longest * 6.4 - 22, 40), height: height - 48 };
    const horizontal = ticksOf(0, last, Math.min(last, box.width / 60));
    const drawn = numbers.slice(0, recorded).map((number, i) => [number, logliks[i]]).filter(([, value]) => value !== null);
    const points = drawn.map(([number, value]) => `${across(number).toFixed(1)} ${up(value).toFixed(1)}`);
    marker = svg("circle", { class: "marker", r: 5 });
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.replaceChildren(
      ...vertical.ticks.flatMap((tick) => [
        svg("line", { class: "grid", x1: box.left, x2: box.left + box.width, y1: up(tick), y2: up(tick) }),
        svg("text", { x: box.left - 6, y: up(tick) + 4, "text-anchor": "end" }, formatTick(tick, vertical.step)),
      ]),
      ...horizontal.ticks.filter(Number.isInteger).map((tick) =>
        svg("text", { x: across(tick), y: box.top + box.height + 17, "text-anchor": "middle" }, String(tick))),
      svg("text", { class: "axis-name", x: box.left + box.width / 2, y: height - 5, "text-anchor": "middle" }, page.strings.iteration),
      svg("path", { class: "trace-line", d: points.length ? `M${points.join("L")}` : "" }),
      marker,
    );
    place(state.all());
  }

  function place({ frame }) {
    const shown = Math.min(frame, recorded - 1);
    marker?.setAttribute("cx", across(numbers[shown]));
    marker?.setAttribute("cy", up(logliks[shown]));
  }

  container.addEventListener("click", (event) => {
    const at = ((event.clientX - container.getBoundingClientRect().left - box.left) / box.width) * last;
    const distances = numbers.slice(0, recorded).map((number) => Math.abs(number - at));
    state.set({ frame: distances.indexOf(Math.min(...distances)), playing: false });
  });
  new ResizeObserver(layout).observe(container);
  state.on(["frame"], (values) => box && (recorded === page.frames.recorded ? place(values) : layout()));
}

// A first value far below all others is left outside, so that the rise of the others can be seen.
function limitsOf(every) {
  const logliks = every.filter((value) => value !== null); // null is no finite number
  if (!logliks.length) return [0, 1];
  const others = logliks.slice(1);
  const rise = Math.max(...others) - Math.min(...others);
  const shown = others.length > 1 && Math.min(...others) - logliks[0] > 2 * rise && rise > 0 ? others : logliks;
  const margin = 0.06 * (Math.max(...shown) - Math.min(...shown)) || 1;
  return [Math.min(...shown) - margin, Math.max(...shown) + margin];
}
