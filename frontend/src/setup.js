// The form: what is to be fitted, and how fast it is shown.

export function createSetup(settings, { onFit, onStop, onPace }) {
  const form = document.getElementById("setup");
  const [fit, stop] = ["fit", "stop"].map((id) => document.getElementById(id));
  const value = (id) => document.getElementById(id).value;
  const selects = () => value("most-components").trim() !== "" || value("model") === "all";

  function read() {
    const chosen = [...form.querySelectorAll("input[name=columns]:checked")];
    return {
      type: "fit",
      columns: chosen.map((box) => settings.columns[Number(box.value)]),
      n_components: value("n-components"),
      most_components: value("most-components"),
      model: value("model"),
      start: value("start"),
      n_init: value("n-init"),
      seed: value("seed"),
      accelerate: document.getElementById("accelerate").checked,
      rate: Number(value("pace")),
    };
  }

  const showMode = () => { form.dataset.mode = selects() ? "selection" : "fit"; };
  form.addEventListener("input", showMode);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!fit.disabled) onFit(read());
  });
  stop.addEventListener("click", onStop);
  document.getElementById("pace").addEventListener("change", () => onPace(Number(value("pace"))));
  showMode();

  return {
    selects,
    // The focus stays at a button that can be pressed.
    setRunning(running) {
      const focused = [fit, stop].includes(document.activeElement);
      [fit.disabled, stop.disabled] = [running, !running];
      if (focused) (running ? stop : fit).focus();
    },
  };
}
