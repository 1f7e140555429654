// The state that all parts of the page share, and who wants to know of its changes.

export function createState(values) {
  const listeners = [];

  function announce(changed = Object.keys(values)) {
    for (const [keys, listener] of listeners) {
      if (keys.some((key) => changed.includes(key))) listener(values);
    }
  }

  return {
    all: () => ({ ...values }),
    get: (key) => values[key],
    set(patch) {
      const changed = Object.keys(patch).filter((key) => values[key] !== patch[key]);
      Object.assign(values, patch);
      if (changed.length) announce(changed);
    },
    // Call a listener with all values whenever one of the keys has changed, and at each announcement of all.
    on(keys, listener) {
      listeners.push([keys, listener]);
    },
    announce,
  };
}
