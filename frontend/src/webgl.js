// Points by WebGL2: the vertex shader computes each row's responsibilities from the frame's parameters.
import { FRAGMENT, layoutOf, vertexCode } from "./shaders.js";

const MOST_COLUMNS = 16; // four attributes of four columns

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

// The parameters of a frame where the shader's uniform block has them.
function packFrame(block, layout, page, model, frame) {
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
}

function setUniforms(gl, place, view) {
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
}

// What the shader computes, for tests: each row's most probable component and its probability.
function readComputed(gl, n) {
  const found = new Float32Array(2 * n);
  const target = gl.createBuffer();
  gl.bindBufferBase(gl.TRANSFORM_FEEDBACK_BUFFER, 0, target);
  gl.bufferData(gl.TRANSFORM_FEEDBACK_BUFFER, found.byteLength, gl.DYNAMIC_READ);
  gl.enable(gl.RASTERIZER_DISCARD);
  gl.beginTransformFeedback(gl.POINTS);
  gl.drawArrays(gl.POINTS, 0, n);
  gl.endTransformFeedback();
  gl.disable(gl.RASTERIZER_DISCARD);
  gl.getBufferSubData(gl.TRANSFORM_FEEDBACK_BUFFER, 0, found);
  gl.bindBufferBase(gl.TRANSFORM_FEEDBACK_BUFFER, 0, null);
  gl.deleteBuffer(target);
  const pick = (which) => Array.from({ length: n }, (_, row) => found[2 * row + which]);
  return { labels: pick(0), certainty: pick(1) };
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
  gl.bindBufferBase(gl.UNIFORM_BUFFER, 0, gl.createBuffer());
  gl.uniformBlockBinding(program, gl.getUniformBlockIndex(program, "Frame"), 0);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);

  function upload(frame) {
    packFrame(block, layout, page, model, frame);
    gl.bufferData(gl.UNIFORM_BUFFER, block, gl.DYNAMIC_DRAW);
  }

  function draw(view) {
    upload(view.frame);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    setUniforms(gl, place, view);
    gl.drawArrays(gl.POINTS, 0, page.n);
  }

  function readBack(frame) {
    upload(frame);
    return readComputed(gl, page.n);
  }

  return { kind: "webgl2", draw, readBack };
}
