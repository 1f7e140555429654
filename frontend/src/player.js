// The player: play and pause, single steps, and a slider through all iterations.
import { formatLoglik } from "./ticks.js";

const SECONDS = 10; // that the whole replay takes at ordinary speed
const LEAST = 1000 / 20; // milliseconds that a frame is shown at least
const MOST = 600;

export function createPlayer(page, state) {
  const bar = document.getElementById("player");
  if (!bar) return { play() {} };
  const part = (name) => bar.querySelector(`[data-part=${name}]`);
  const slider = part("slider");
  const last = page.frameCount - 1;
  let timer = 0;

  function go(frame) {
    state.set({ frame: Math.min(Math.max(frame, 0), last), playing: false });
  }

  function tick() {
    if (!state.get("playing")) return;
    const frame = state.get("frame");
    if (frame >= last) {
      state.set({ playing: false });
      return;
    }
    state.set({ frame: frame + 1 });
    schedule();
  }

  function schedule() {
    const pause = Math.min(Math.max((1000 * SECONDS) / page.frameCount, LEAST), MOST) / Number(part("speed").value);
    clearTimeout(timer);
    timer = setTimeout(() => requestAnimationFrame(tick), pause);
  }

  function play() {
    if (state.get("frame") >= last) state.set({ frame: 0 });
    state.set({ playing: true });
    schedule();
  }

  const sentence = (frame) => {
    const shown = { number: page.frames.numbers[frame], last: page.frames.numbers[page.frames.recorded - 1], loglik: formatLoglik(page.frames.logliks[frame]) };
    return page.text(frame >= page.frames.recorded ? "frame_of_fit" : "frame_of_iteration", shown);
  };

  slider.max = String(last);
  slider.addEventListener("input", () => go(Number(slider.value)));
  part("play").addEventListener("click", () => (state.get("playing") ? state.set({ playing: false }) : play()));
  part("first").addEventListener("click", () => go(0));
  part("back").addEventListener("click", () => go(state.get("frame") - 1));
  part("next").addEventListener("click", () => go(state.get("frame") + 1));
  part("last").addEventListener("click", () => go(last));
  state.on(["frame"], ({ frame }) => {
    slider.value = String(frame);
    slider.setAttribute("aria-valuetext", sentence(frame));
    part("position").textContent = sentence(frame);
    part("first").disabled = part("back").disabled = frame === 0;
    part("next").disabled = part("last").disabled = frame === last;
  });
  state.on(["playing"], ({ playing }) => {
    if (!playing) clearTimeout(timer);
    bar.classList.toggle("playing", playing);
    part("play").setAttribute("aria-label", page.strings[playing ? "pause" : "play"]);
  });
  return { play };
}
