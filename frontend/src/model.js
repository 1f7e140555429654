// The mixture of each frame: densities, responsibilities and marginal ellipses, from a frame's parameters.
//
// A frame is the constant of the noise, and for each component a constant c, a mean m and an upper triangular factor U
// with log w N(x | m, S) = c - |(x - m) U|^2 / 2, all in the units in which the rows travel.

export function createModel(page) {
  const { d, k, parameters, stride, values, form } = page;
  const size = (stride - 1) / k;
  const logits = new Float64Array(k + (page.noise ? 1 : 0));
  const classified = new Map();

  const offset = (frame, component) => frame * stride + 1 + component * size;
  // Where U[r, c] lies: its columns lie behind one another; a diagonal U has its diagonal alone.
  const at = (r, c) => (form === "diagonal" ? c : (c * (c + 1)) / 2 + r);
  const isAlive = (frame, component) => parameters[offset(frame, component)] > -1e29;

  function logJoint(frame, row) {
    for (let j = 0; j < k; j++) {
      const base = offset(frame, j);
      let distance = 0;
      let u = base + 1 + d;
      for (let c = 0; c < d; c++) {
        let z = 0;
        for (let r = form === "diagonal" ? c : 0; r <= c; r++) {
          z += (values[row * d + r] - parameters[base + 1 + r]) * parameters[u++];
        }
        distance += z * z;
      }
      logits[j] = parameters[base] - distance / 2;
    }
    if (page.noise) logits[k] = parameters[frame * stride];
    return logits;
  }

  function posterior(frame, row) {
    const found = Float64Array.from(logJoint(frame, row));
    const most = Math.max(...found);
    let total = 0;
    for (let j = 0; j < found.length; j++) total += found[j] = Math.exp(found[j] - most);
    return found.map((value) => value / total);
  }

  // The most probable component of every row and its probability; of the last frames they are kept.
  function classify(frame) {
    if (classified.has(frame)) return classified.get(frame);
    const found = { labels: new Uint16Array(page.n), certainty: new Float32Array(page.n) };
    for (let row = 0; row < page.n; row++) {
      const joint = logJoint(frame, row);
      let best = 0;
      for (let j = 1; j < joint.length; j++) if (joint[j] > joint[best]) best = j;
      let total = 0;
      for (let j = 0; j < joint.length; j++) total += Math.exp(joint[j] - joint[best]);
      found.labels[row] = best;
      found.certainty[row] = 1 / total;
    }
    if (classified.size > 3) classified.delete(classified.keys().next().value);
    classified.set(frame, found);
    return found;
  }

  function weight(frame, component) {
    if (component === k) return page.frames.noiseWeights[frame];
    if (!isAlive(frame, component)) return 0;
    const base = offset(frame, component);
    let log = parameters[base] + (d / 2) * Math.log(2 * Math.PI);
    for (let c = 0; c < d; c++) log += Math.log(page.rows.unit[c] / parameters[base + 1 + d + at(c, c)]);
    return Math.exp(log);
  }

  // A column of the inverse of U: the covariance matrix has the products of these columns.
  function squareRoot(frame, component, column) {
    const u = offset(frame, component) + 1 + d;
    const solved = new Float64Array(d);
    if (form === "diagonal") {
      solved[column] = 1 / parameters[u + column];
      return solved;
    }
    // U is upper triangular, so that back substitution begins at the column itself.
    for (let r = column; r >= 0; r--) {
      let rest = r === column ? 1 : 0;
      for (let c = r + 1; c <= column; c++) rest -= parameters[u + at(r, c)] * solved[c];
      solved[r] = rest / parameters[u + at(r, r)];
    }
    return solved;
  }

  // Means, standard deviations and correlation of two columns; variances of tiny values would underflow.
  function marginal(frame, component, x, y) {
    const base = offset(frame, component) + 1;
    const { origin, unit } = page.rows;
    const [a, b] = [squareRoot(frame, component, x), squareRoot(frame, component, y)];
    const dot = (p, q) => p.reduce((sum, value, i) => sum + value * q[i], 0);
    const deviations = [Math.sqrt(dot(a, a)), Math.sqrt(dot(b, b))];
    return {
      mean: [x, y].map((column) => origin[column] + unit[column] * parameters[base + column]),
      sd: [deviations[0] * unit[x], deviations[1] * unit[y]],
      correlation: dot(a, b) / (deviations[0] * deviations[1]),
    };
  }

  return { posterior, classify, weight, marginal, isAlive, offset, at, size };
}
