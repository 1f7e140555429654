// Round numbers along an axis, and how numbers are written.

// About `count` round numbers from low to high.
export function ticksOf(low, high, count) {
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) ticks.push(i * step);
  return { ticks, step };
}

export function formatTick(value, step) {
  if (value === 0 && step < 1e-4) return "0";
  if (value !== 0 && (Math.abs(value) >= 1e6 || step < 1e-4)) {
    return value.toExponential(Math.max(0, Math.ceil(Math.log10(Math.abs(value) / step) - 1e-9))).replace("-", "\u2212").replace("e+", "e");
  }
  return withMinus(value.toFixed(Math.max(0, Math.ceil(-Math.log10(step) - 1e-9))));
}

// Five significant digits, as in the tables of the page.
export function formatValue(value) {
  if (value !== 0 && (Math.abs(value) >= 1e7 || Math.abs(value) < 1e-4)) return withMinus(value.toExponential(3));
  return withMinus(String(Number(value.toPrecision(5))));
}

export function formatPercent(probability) {
  if (probability > 0 && probability < 0.01) return "<1\u202f%";
  if (probability < 1 && probability > 0.99) return ">99\u202f%";
  return `${Math.round(100 * probability)}\u202f%`;
}

export function formatLoglik(value) {
  if (!Number.isFinite(value)) return "\u2013";
  return withMinus(value.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 }));
}

const withMinus = (text) => text.replace("-", "\u2212");
