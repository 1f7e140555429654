// Tables: their heads sort them, rows of components highlight the component, numbers of rows show the row.

export function connectTables(page, state) {
  for (const table of document.querySelectorAll("table[data-sortable]")) makeSortable(table);
  for (const button of document.querySelectorAll("button[data-component]")) {
    const component = Number(button.dataset.component);
    button.addEventListener("click", () => state.set({ selected: state.get("selected") === component ? -1 : component }));
    state.on(["selected"], ({ selected }) => {
      button.setAttribute("aria-pressed", String(selected === component));
      button.closest("tr").classList.toggle("selected", selected === component);
    });
  }
  for (const button of document.querySelectorAll("button[data-row]")) {
    button.addEventListener("click", () => {
      state.set({ pinned: page.rowOf(Number(button.dataset.row)), row: -1 });
      document.getElementById("explorer").scrollIntoView({ block: "start" });
      document.getElementById("row-number").focus({ preventScroll: true });
    });
  }
}

function makeSortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.querySelector("button")?.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sortRows(table.tBodies[0], column, down ? -1 : 1);
    });
  });
}

// By the numbers that cells carry, or by their text; empty cells are last either way.
function sortRows(body, column, direction) {
  const keyOf = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const rows = [...body.rows].sort((a, b) => {
    const [p, q] = [keyOf(a), keyOf(b)];
    if (p === "" || q === "") return (p === "") - (q === "");
    const order = isNaN(p) || isNaN(q) ? p.localeCompare(q) : Number(p) - Number(q);
    return direction * order;
  });
  body.append(...rows);
}
