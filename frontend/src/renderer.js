// Who draws the points: WebGL2 where the browser has it and the frame fits, else a 2D canvas.
import { createCanvasRenderer } from "./canvas2d.js";
import { createWebGLRenderer } from "./webgl.js";

export function createCanvasHolder(container, page, model) {
  let renderer = null;

  function replaceCanvas(create) {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true"); // the plot around it has the description
    container.querySelector("canvas")?.remove();
    container.prepend(canvas);
    return create(canvas, page, model);
  }

  function fallBack() {
    renderer = replaceCanvas(createCanvasRenderer);
  }

  // A driver may refuse the shader; the page is then drawn without it.
  try {
    renderer = replaceCanvas(createWebGLRenderer);
  } catch {
    renderer = null;
  }
  if (!renderer) fallBack();
  // A canvas that has lost its context cannot get another kind of context: it is replaced.
  container.addEventListener("webglcontextlost", () => {
    fallBack();
    container.dispatchEvent(new Event("redraw"));
  }, true);

  return {
    kind: () => renderer.kind,
    canvas: () => container.querySelector("canvas"),
    draw: (view) => renderer.draw(view),
    readBack: (frame) => renderer.readBack(frame),
  };
}
