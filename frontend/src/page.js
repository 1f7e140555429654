// Read the page's data: rows and frames of parameters travel as compressed bytes in base64.

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Bytes of numbers travel plane by plane, those of least weight first: those of most weight repeat, and so compress.
function joinPlanes(bytes, width) {
  const count = bytes.length / width;
  const joined = new Uint8Array(bytes.length);
  for (let plane = 0; plane < width; plane++) {
    for (let i = 0, from = plane * count; i < count; i++) joined[i * width + plane] = bytes[from + i];
  }
  return joined.buffer;
}

// Rows column by column become rows after one another, in units in which single precision is enough.
async function readRows({ kind, data, refined, fractions }, n, d) {
  const bytes = await inflate(data);
  const columns = kind === "u16" ? new Uint16Array(joinPlanes(bytes, 2)) : new Float32Array(joinPlanes(bytes, 4));
  const rows = new Float32Array(n * d);
  for (let c = 0; c < d; c++) {
    for (let i = 0; i < n; i++) rows[i * d + c] = columns[c * n + i];
  }
  // Rows that lie where two components are equally probable have eight more bits.
  const positions = new Uint32Array(joinPlanes(await inflate(refined), 4));
  const more = new Int8Array((await inflate(fractions)).buffer);
  positions.forEach((row, m) => {
    for (let c = 0; c < d; c++) rows[row * d + c] += more[m * d + c] / 256;
  });
  return rows;
}

// Each frame travels as its bits' differences from the frame before.
async function readFrames(data, count) {
  const bits = new Uint32Array(joinPlanes(await inflate(data), 4));
  const stride = bits.length / count;
  for (let i = stride; i < bits.length; i++) bits[i] ^= bits[i - stride];
  return new Float32Array(bits.buffer);
}

export async function readPage(given) {
  const { n, columns, rows, frames } = given;
  const parameters = await readFrames(frames.data, frames.numbers.length);
  const shared = await pageOf(given, await readRows(rows, n, columns.length));
  return { ...shared, parameters, frameCount: frames.numbers.length, stride: parameters.length / frames.numbers.length };
}

// A page without frames: they come one by one, into an array that has room for all.
export async function readLivePage(given) {
  const page = await pageOf(given, await readRows(given.rows, given.n, given.columns.length));
  const frames = { numbers: [], logliks: [], noiseWeights: [], recorded: 0 };
  const parameters = new Float32Array(given.capacity * given.stride);

  function append({ number, loglik, data }) {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    parameters.set(new Float32Array(bytes.buffer), frames.recorded * given.stride);
    frames.numbers.push(number);
    frames.logliks.push(loglik);
    frames.noiseWeights.push(0);
    frames.recorded += 1;
  }

  return { ...page, parameters, frames, append };
}

async function pageOf(given, values) {
  const { n, columns, components, rows } = given;
  const [d, k] = [columns.length, components.length];
  const numbers = given.rowNumbers ? new Uint32Array(joinPlanes(await inflate(given.rowNumbers), 4)) : null;
  const text = (key, values = {}) =>
    Object.entries(values).reduce((found, [name, value]) => found.replaceAll(`{${name}}`, value), given.strings[key]);
  return {
    ...given,
    d,
    k,
    text,
    values,
    // Rows are numbered from 1, as in messages about files; a sample keeps the numbers of all rows.
    numberOf: (row) => (numbers ? numbers[row] : row) + 1,
    rowOf: (number) => (numbers ? numbers.indexOf(number - 1) : number >= 1 && number <= n ? number - 1 : -1),
    value: (row, column) => rows.origin[column] + rows.unit[column] * values[row * d + column],
    nameOf: (component) => (component < k ? components[component] : given.strings.noise),
  };
}
