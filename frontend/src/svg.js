// Make elements; text is set as text, never as HTML.

export function svg(name, attributes = {}, text = null) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, text);
}

export function html(name, attributes = {}, text = null) {
  return fill(document.createElement(name), attributes, text);
}

function fill(element, attributes, text) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  return element;
}

// The colour of a component as three numbers from 0 to 1, as both renderers want it.
export function rgbOf(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16) / 255);
}
