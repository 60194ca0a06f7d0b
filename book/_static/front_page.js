// The front page's picture to pull: each grain of sand goes straight from its heap to its place in
// the cat (SAND, in front_page_grains.js, holds both ends of every way). Until the first pull, and
// without this script, the drawn picture stands.

const picture = document.querySelector(".hero");
const canvas = document.createElement("canvas");
canvas.ariaHidden = "true"; // the picture below it has the description, the slider the place
const pen = canvas.getContext("2d");
const backdrop = document.createElement("canvas");
const ends = new Uint16Array(
  Uint8Array.from(atob(SAND.ends), (letter) => letter.charCodeAt(0)).buffer
);
let share = 0; // how much of their way the grains have gone

// Returns where grain k stands in pixels when it has gone the share t of its way.
function place(k, t, { width, height }) {
  const [x0, y0, x1, y1] = ends.subarray(4 * k, 4 * k + 4);
  return [
    (((1 - t) * x0 + t * x1) / 65535) * width,
    (1 - ((1 - t) * y0 + t * y1) / 65535) * height,
  ];
}

function drawGrains(pen, t, radius, alpha) {
  let k = 0;
  pen.globalAlpha = alpha;
  for (const heap of SAND.heaps) {
    pen.fillStyle = heap.colour;
    pen.beginPath();
    for (const last = k + heap.grains; k < last; k++) {
      const [x, y] = place(k, t, pen.canvas);
      pen.moveTo(x + radius, y);
      pen.arc(x, y, radius, 0, 2 * Math.PI);
    }
    pen.fill();
  }
}

function drawThreads(pen) {
  let k = 0;
  pen.globalAlpha = 0.07;
  pen.lineWidth = pen.canvas.width / 1400;
  for (const heap of SAND.heaps) {
    pen.strokeStyle = heap.colour;
    for (const last = k + heap.grains; k < last; k++) {
      pen.beginPath();
      pen.moveTo(...place(k, 0, pen.canvas));
      pen.lineTo(...place(k, 1, pen.canvas));
      pen.stroke();
    }
  }
}

function draw() {
  pen.globalAlpha = 1;
  pen.drawImage(backdrop, 0, 0);
  drawGrains(pen, share, canvas.width / 560, 1);
}

function fit() {
  const { clientWidth } = picture.querySelector("img");
  const width = Math.round(clientWidth * Math.min(devicePixelRatio, 2));
  if (!width || width === canvas.width) return;
  canvas.width = backdrop.width = width;
  canvas.height = backdrop.height = Math.round((width * SAND.height) / SAND.width);
  const behind = backdrop.getContext("2d");
  behind.fillStyle = "#0d1526";
  behind.fillRect(0, 0, width, backdrop.height);
  drawThreads(behind);
  drawGrains(behind, 0, width / 900, 0.25);
  drawGrains(behind, 1, width / 900, 0.25);
  draw();
}

// ---- the hand: on the picture, on the slider, or the button ----

const controls = document.createElement("div");
controls.className = "sand-controls";
controls.innerHTML =
  '<button type="button"></button>' +
  '<input type="range" min="0" max="100" step="1" value="0" autocomplete="off" ' +
  'aria-label="How far the sand has come">';
const [button, slider] = controls.children;
const hint = document.createElement("span");
hint.className = "sand-hint";
hint.ariaHidden = "true";
hint.textContent = "pull the sand";

function move(to) {
  share = Math.max(0, Math.min(1, to));
  const percent = Math.round(100 * share);
  picture.classList.add("pulled");
  slider.value = percent;
  slider.setAttribute("aria-valuetext", `${percent} % of the way from the heaps to the cat`);
  draw();
}

let playing = 0;

function play() {
  const from = share < 1 ? share : 0;
  const begun = performance.now();
  const step = (now) => {
    move(from + (now - begun) / 3500);
    playing = share < 1 ? requestAnimationFrame(step) : 0;
    label();
  };
  playing = requestAnimationFrame(step);
  label();
}

function rest() {
  cancelAnimationFrame(playing);
  playing = 0;
  label();
}

function label() {
  button.textContent = playing ? "Stop" : "Move the sand";
}

picture.addEventListener("pointerdown", (down) => {
  if (!down.isPrimary || down.button !== 0) return;
  down.preventDefault(); // the picture itself is not to be dragged away
  rest();
  const [from, x] = [share, down.clientX];
  const way = 0.66 * picture.clientWidth; // from the middle of the heaps to that of the cat
  const pull = (event) => move(from + (event.clientX - x) / way);
  picture.setPointerCapture(down.pointerId);
  picture.addEventListener("pointermove", pull);
  const release = () => picture.removeEventListener("pointermove", pull);
  picture.addEventListener("pointerup", release, { once: true });
  picture.addEventListener("pointercancel", release, { once: true });
});
slider.addEventListener("input", () => {
  rest();
  move(slider.value / 100);
});
button.addEventListener("click", () => (playing ? rest() : play()));

picture.append(canvas, hint);
picture.after(controls);
picture.classList.add("to-pull");
label();
new ResizeObserver(fit).observe(picture);
