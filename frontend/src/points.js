// What both renderers know about a point: how high it lies, and how much of its component's colour it has.

// Components 0 and 10 have the same colour: the one is drawn as circles, the other as squares, 20 as diamonds.
export const COLOURS = 10;
export const shapeOf = (component) => Math.floor(component / COLOURS) % 3;

// Rows of a single column are spread over a band below its densities, in an order that looks random.
export const BAND = 0.16;

export function scatterOf(row) {
  return ((Math.imul(row + 1, 2654435761) >>> 8) & 0xffff) / 65535;
}

export function heightOf(page, view, row) {
  if (view.y < 0) return BAND * (0.12 + 0.76 * scatterOf(row));
  return page.values[row * page.d + view.y] * view.scaleY + view.offsetY;
}

// From 0 where two components are equally probable to 1 where one is certain.
export function fade(certainty) {
  return Math.min(Math.max(2 * certainty - 1, 0), 1);
}
