// Mouse, touch and keys on the image. Left drag: window (or move); right, middle or Shift: move.

const PAN_STEP = 40;

export function listen(canvas, viewer) {
  let drag = null;

  canvas.addEventListener("pointerdown", (event) => {
    const pans = viewer.drag === "pan" || event.button !== 0 || event.shiftKey;
    drag = { x: event.clientX, y: event.clientY, pans };
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
  });
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    viewer.showValueAt(event.clientX - box.left, event.clientY - box.top);
    if (!drag) return;
    const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
    Object.assign(drag, { x: event.clientX, y: event.clientY });
    if (drag.pans) viewer.panBy(x, y);
    else viewer.dragWindow(x, y);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => { drag = null; });
  }
  canvas.addEventListener("pointerleave", () => viewer.showValueAt(null, null));
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("dblclick", () => viewer.fit());
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    viewer.zoomBy(Math.exp(-event.deltaY / 500), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!press(event, viewer)) return;
    event.preventDefault();
    // Streamlit has keys of its own (R reruns the page); a key pressed on the image must not reach it.
    event.stopPropagation();
  });
}

function press(event, viewer) {
  const arrow = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (arrow) {
    if (event.shiftKey) viewer.dragWindow(-10 * arrow[0], -10 * arrow[1]);
    else viewer.panBy(PAN_STEP * arrow[0], PAN_STEP * arrow[1]);
    return true;
  }
  const action = {
    "+": () => viewer.zoomBy(1.25),
    "=": () => viewer.zoomBy(1.25),
    "-": () => viewer.zoomBy(1 / 1.25),
    0: () => viewer.fit(),
    1: () => viewer.actualSize(),
    i: () => viewer.toggleInvert(),
    o: () => viewer.toggleOverlay(),
    d: () => viewer.toggleDrag(),
    r: () => viewer.reset(),
    ",": () => viewer.stepFrame(-1),
    ".": () => viewer.stepFrame(1),
  }[event.key.toLowerCase()];
  if (!action) return false;
  action();
  return true;
}
