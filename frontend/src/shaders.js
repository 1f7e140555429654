// The shaders: responsibilities of a row from a frame's parameters, and the shape of a point.
import { BAND, COLOURS } from "./points.js";

// Where a component's parameters lie in the uniform block, in vectors of four numbers.
export function layoutOf(d, form) {
  const groups = Math.ceil(d / 4);
  const starts = [];
  let next = 1 + groups; // after the constant and the mean
  for (let c = 0; c < d; c++) {
    starts.push(next);
    next += form === "diagonal" ? (c % 4 === 3 || c === d - 1 ? 1 : 0) : Math.floor(c / 4) + 1;
  }
  return { groups, starts, size: next };
}

// |(x - m) U|^2 as GLSL, written out for this number of columns: constant indices are what compilers like.
function distanceCode({ groups, starts }, d, form) {
  const lines = [];
  for (let g = 0; g < groups; g++) lines.push(`vec4 e${g} = q${g} - block[base + ${1 + g}];`);
  if (form === "diagonal") {
    for (let g = 0; g < groups; g++) lines.push(`{ vec4 z = e${g} * block[base + ${starts[4 * g]}]; distance += dot(z, z); }`);
  } else {
    for (let c = 0; c < d; c++) {
      const terms = [];
      for (let g = 0; g <= Math.floor(c / 4); g++) terms.push(`dot(e${g}, block[base + ${starts[c] + g}])`);
      lines.push(`{ float z = ${terms.join(" + ")}; distance += z * z; }`);
    }
  }
  return lines.join("\n      ");
}

export function vertexCode(layout, page) {
  const { d, k, form } = page;
  const inputs = Array.from({ length: layout.groups }, (_, g) => `layout(location = ${g}) in vec4 q${g};`);
  const pick = Array.from({ length: layout.groups }, (_, g) => `if (column < ${4 * g + 4}) return q${g}[column - ${4 * g}];`);
  return `#version 300 es
    precision highp float;
    ${inputs.join("\n")}
    layout(std140) uniform Frame { vec4 block[${layout.size * k + 1}]; };
    uniform vec4 colours[${k + 1}];
    uniform vec4 place;
    uniform ivec2 axes;
    uniform float pointSize, alpha, dimmed;
    uniform int selected;
    uniform vec3 neutral;
    out vec4 colour;
    flat out float label;
    flat out float certainty;
    flat out int shape;
    float columnOf(int column) { ${pick.join(" ")} return 0.0; }
    float scatterOf(int row) { return float(((uint(row) + 1u) * 2654435761u >> 8u) & 0xffffu) / 65535.0; }
    void main() {
      float best = ${page.noise ? "block[0].x" : "-3e38"}, total = ${page.noise ? "1.0" : "0.0"};
      int nearest = ${k};
      for (int j = 0; j < ${k}; j++) {
        int base = 1 + j * ${layout.size};
        float distance = 0.0;
        ${distanceCode(layout, d, form)}
        float log_joint = block[base].x - 0.5 * distance;
        if (log_joint > best) { total = total * exp(best - log_joint) + 1.0; best = log_joint; nearest = j; }
        else total += exp(log_joint - best);
      }
      label = float(nearest);
      shape = nearest == ${k} ? 0 : (nearest / ${COLOURS}) % 3;
      certainty = 1.0 / total;
      float y = axes.y < 0 ? ${BAND.toFixed(4)} * (0.12 + 0.76 * scatterOf(gl_VertexID)) : columnOf(axes.y) * place.z + place.w;
      gl_Position = vec4(2.0 * vec2(columnOf(axes.x) * place.x + place.y, y) - 1.0, 0.0, 1.0);
      gl_PointSize = pointSize;
      float strength = clamp(2.0 * certainty - 1.0, 0.0, 1.0);
      float opacity = alpha * (selected < 0 || selected == nearest ? 1.0 : dimmed);
      colour = vec4(mix(neutral, colours[nearest].rgb, strength) * opacity, opacity);
    }`;
}

export const FRAGMENT = `#version 300 es
  precision mediump float;
  in vec4 colour;
  flat in int shape;
  uniform bool isRound;
  uniform float edge;
  out vec4 drawn;
  void main() {
    if (!isRound) { drawn = colour; return; }
    vec2 place = abs(2.0 * gl_PointCoord - 1.0);
    float reach = shape == 0 ? length(place) : shape == 1 ? 1.2 * max(place.x, place.y) : place.x + place.y;
    float inside = smoothstep(1.0, edge, reach);
    drawn = colour * inside;
  }`;
