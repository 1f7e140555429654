// What the page gives to take along: the model file, the probabilities of all rows, and the code to copy.

export function connectDownloads(page, model) {
  const on = (id, action) => document.getElementById(id)?.addEventListener("click", action);
  on("download-model", () => save("model.json", "application/json", page.modelFile));
  on("download-rows", () => save("rows.csv", "text/csv", tableOf(page, model)));
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = page.strings.copied;
    });
  }
}

function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// Row, most probable component, and the probability of each component under the fitted mixture.
function tableOf(page, model) {
  const names = page.colours.slice(0, page.k + (page.noise ? 1 : 0)).map((_, component) => page.nameOf(component));
  const lines = [["row", "component", ...names.map((name) => `p ${name}`)].map(quoted).join(",")];
  for (let row = 0; row < page.n; row++) {
    const found = model.posterior(page.fitFrame, row);
    const best = found.indexOf(Math.max(...found));
    lines.push([page.numberOf(row), quoted(names[best]), ...Array.from(found, (value) => value.toPrecision(6))].join(","));
  }
  return `${lines.join("\n")}\n`;
}

// Quoted where it must be; a quote keeps spreadsheets from running a name as a formula.
function quoted(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
