// Points by WebGL2: the vertex shader computes each row's responsibilities from the frame's parameters.
import { BAND, COLOURS } from "./points.js";

const MOST_COLUMNS = 16; // four attributes of four columns

// Where a component's parameters lie in the uniform block, in vectors of four numbers.
function layoutOf(d, form) {
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

function vertexCode(layout, page) {
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

const FRAGMENT = `#version 300 es
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

function linkProgram(gl, codes) {
  const program = gl.createProgram();
  for (const [kind, code] of codes) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, code);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(program, shader);
  }
  gl.transformFeedbackVaryings(program, ["label", "certainty"], gl.INTERLEAVED_ATTRIBS);
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}

// Rows padded to whole groups of four columns.
function uploadRows(gl, page, groups) {
  const padded = new Float32Array(page.n * groups * 4);
  for (let row = 0; row < page.n; row++) {
    for (let c = 0; c < page.d; c++) padded[row * groups * 4 + c] = page.values[row * page.d + c];
  }
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, padded, gl.STATIC_DRAW);
  const bytes = padded.BYTES_PER_ELEMENT * 4;
  for (let g = 0; g < groups; g++) {
    gl.enableVertexAttribArray(g);
    gl.vertexAttribPointer(g, 4, gl.FLOAT, false, bytes * groups, bytes * g);
  }
}

export function createWebGLRenderer(canvas, page, model) {
  if (page.d > MOST_COLUMNS) return null;
  const gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true, preserveDrawingBuffer: true });
  const layout = layoutOf(page.d, page.form);
  const block = new Float32Array(4 * (layout.size * page.k + 1));
  if (!gl || block.byteLength > gl.getParameter(gl.MAX_UNIFORM_BLOCK_SIZE)) return null;
  const program = linkProgram(gl, [[gl.VERTEX_SHADER, vertexCode(layout, page)], [gl.FRAGMENT_SHADER, FRAGMENT]]);
  const place = (name) => gl.getUniformLocation(program, name);
  uploadRows(gl, page, layout.groups);
  gl.useProgram(program);
  const buffer = gl.createBuffer();
  gl.bindBufferBase(gl.UNIFORM_BUFFER, 0, buffer);
  gl.uniformBlockBinding(program, gl.getUniformBlockIndex(program, "Frame"), 0);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);

  function uploadFrame(frame) {
    const { d, k, parameters, form } = page;
    block[0] = parameters[frame * page.stride];
    for (let j = 0; j < k; j++) {
      const from = model.offset(frame, j);
      const to = 4 * (1 + j * layout.size);
      block[to] = parameters[from];
      for (let c = 0; c < d; c++) {
        block[to + 4 + c] = parameters[from + 1 + c];
        const column = to + 4 * layout.starts[c];
        if (form === "diagonal") block[to + 4 * layout.starts[c - (c % 4)] + (c % 4)] = parameters[from + 1 + d + c];
        else for (let r = 0; r <= c; r++) block[column + r] = parameters[from + 1 + d + model.at(r, c)];
      }
    }
    gl.bufferData(gl.UNIFORM_BUFFER, block, gl.DYNAMIC_DRAW);
  }

  function draw(view) {
    uploadFrame(view.frame);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform4fv(place("colours"), view.colours.flatMap((colour) => [...colour, 1]));
    gl.uniform4f(place("place"), view.scaleX, view.offsetX, view.scaleY, view.offsetY);
    gl.uniform2i(place("axes"), view.x, view.y);
    gl.uniform1f(place("pointSize"), view.size);
    gl.uniform1f(place("alpha"), view.alpha);
    gl.uniform1f(place("dimmed"), view.dimmed);
    gl.uniform1i(place("selected"), view.selected);
    gl.uniform3fv(place("neutral"), view.neutral);
    gl.uniform1i(place("isRound"), view.size > 3.5 * view.ratio ? 1 : 0);
    gl.uniform1f(place("edge"), 1 - 2.2 / view.size);
    gl.drawArrays(gl.POINTS, 0, page.n);
  }

  // What the shader computes, for tests: each row's most probable component and its probability.
  function readBack(frame) {
    uploadFrame(frame);
    const found = new Float32Array(2 * page.n);
    const target = gl.createBuffer();
    gl.bindBufferBase(gl.TRANSFORM_FEEDBACK_BUFFER, 0, target);
    gl.bufferData(gl.TRANSFORM_FEEDBACK_BUFFER, found.byteLength, gl.DYNAMIC_READ);
    gl.enable(gl.RASTERIZER_DISCARD);
    gl.beginTransformFeedback(gl.POINTS);
    gl.drawArrays(gl.POINTS, 0, page.n);
    gl.endTransformFeedback();
    gl.disable(gl.RASTERIZER_DISCARD);
    gl.getBufferSubData(gl.TRANSFORM_FEEDBACK_BUFFER, 0, found);
    gl.bindBufferBase(gl.TRANSFORM_FEEDBACK_BUFFER, 0, null);
    gl.deleteBuffer(target);
    const pick = (which) => Array.from({ length: page.n }, (_, row) => found[2 * row + which]);
    return { labels: pick(0), certainty: pick(1) };
  }

  return { kind: "webgl2", draw, readBack };
}
