// What the figures that are computed in the page share. Lengths in an SVG are pixels of the page.

// svg("circle", { r: 3, class: "start" }, …) and html("p", {}, "text"): make an element.
const makerOf = (space) => (name, attributes = {}, ...children) => {
  const made = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const svg = makerOf("http://www.w3.org/2000/svg");
const html = makerOf("http://www.w3.org/1999/xhtml");

const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const clamp = (value, [least, most]) => Math.min(most, Math.max(least, value));
// A number as a reader wants it: at most so many digits after the point, none that say nothing.
const tidy = (value, digits = 2) => String(Number(value.toFixed(digits)));

// Tell a screen reader what the figure now shows, once the reader's hand rests.
let telling = 0;
function announce(text) {
  clearTimeout(telling);
  telling = setTimeout(() => (figure.querySelector(".otbook-told").textContent = text), 600);
}

// Call draw(width) now and whenever the figure gets another width.
function whenSized(draw) {
  let width = 0;
  const look = () => {
    const now = clamp(Math.floor(figure.clientWidth) || 691, [280, 691]);
    if (now !== width) draw((width = now));
  };
  look();
  new ResizeObserver(look).observe(figure);
}

// Let the reader take hold of an SVG element, by mouse, touch or arrow keys.
// centre(): where it is, [x, y] in pixels. moveTo(x, y): put it as near as it may be.
// nudge(right, up): move it by so many steps.
function hold(handle, { label, centre, moveTo, nudge }) {
  for (const [key, value] of [["role", "slider"], ["tabindex", 0], ["aria-label", label]]) {
    handle.setAttribute(key, value);
  }
  handle.classList.add("otbook-handle");
  let grip = null; // from the pointer to the centre: what is taken by its edge does not jump
  const at = (event) => {
    const matrix = handle.ownerSVGElement.getScreenCTM().inverse();
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
  };
  handle.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    const [x, y] = centre(), point = at(event);
    grip = [x - point.x, y - point.y];
    handle.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    event.preventDefault();
  });
  // Chromium heeds `touch-action: none` on an SVG as a whole, not on an element inside it.
  handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  handle.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const point = at(event);
    moveTo(point.x + grip[0], point.y + grip[1]);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    handle.addEventListener(end, () => (grip = null));
  }
  handle.addEventListener("keydown", (event) => {
    const steps = {
      ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
      PageUp: [10, 0], PageDown: [-10, 0],
    }[event.key];
    if (!steps || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    nudge(...steps.map((step) => (event.shiftKey ? 5 : 1) * step));
  });
}

// Say where a handle is, in words that begin with a number.
function place(handle, words) {
  handle.setAttribute("aria-valuenow", parseFloat(words));
  handle.setAttribute("aria-valuetext", words);
}

// A row with a name, a slider and its value: [row, show], where show(value) moves the thumb.
let sliders = 0;
function slider({ label, least, most, step, value, text, moved }) {
  const id = `${figure.id}-slider-${(sliders += 1)}`;
  const input = html("input", { type: "range", id, min: least, max: most, step, autocomplete: "off" });
  const output = html("output", { for: id });
  const show = (now) => {
    input.value = now;
    output.textContent = text(now);
    input.setAttribute("aria-valuetext", text(now));
  };
  input.addEventListener("input", () => {
    show(Number(input.value));
    moved(Number(input.value));
  });
  show(value);
  return [html("div", { class: "otbook-row" }, html("label", { for: id }, label), input, output), show];
}

function button(text, pressed) {
  const made = html("button", { type: "button" }, text);
  made.addEventListener("click", pressed);
  return made;
}

// A button that runs move(part) from 0 to 1 in so many seconds, after before(), and stop(), for a
// hand that interferes. Who asked for reduced motion sees ten positions, half a second each.
function player(text, seconds, move, before = () => {}) {
  let frame = 0;
  const made = button(text, () => (frame ? stop() : start()));
  function stop() {
    cancelAnimationFrame(frame);
    clearInterval(frame);
    frame = 0;
    made.textContent = text;
  }
  function start() {
    made.textContent = "Stop";
    before();
    if (calm.matches) {
      let step = 0;
      move(0);
      frame = setInterval(() => {
        move((step += 1) / 10);
        if (step === 10) stop();
      }, 500);
      return;
    }
    const began = performance.now();
    const next = (now) => {
      const part = clamp((now - began) / (1000 * seconds), [0, 1]);
      move(part);
      if (part < 1) frame = requestAnimationFrame(next);
      else stop();
    };
    frame = requestAnimationFrame(next);
  }
  return [made, stop];
}

// Ticks and labels in the box [left, top, width, height], as { x, y, group }: x(value) and
// y(value) give pixels, x.of(pixel) and y.of(pixel) values.
function axes([left, top, width, height], { x, y }) {
  const scale = ([from, to], start, length) => {
    const place = (value) => start + ((value - from) / (to - from)) * length;
    place.of = (pixel) => from + ((pixel - start) / length) * (to - from);
    return place;
  };
  const across = scale(x.limits, left, width), up = scale(y.limits, top + height, -height);
  const group = svg("g", { class: "otbook-axes", "aria-hidden": true });
  const bottom = top + height;
  group.append(svg("path", { d: `M${left} ${bottom}h${width}` }));
  for (const tick of x.ticks) {
    group.append(
      svg("path", { d: `M${across(tick)} ${bottom}v5` }),
      svg("text", { x: across(tick), y: bottom + 18, "text-anchor": "middle" }, tidy(tick)),
    );
  }
  const middle = { x: left + width / 2, y: bottom + 36, "text-anchor": "middle" };
  group.append(svg("text", middle, x.label));
  if (y.ticks) {
    group.append(svg("path", { d: `M${left} ${top}v${height}` }));
    for (const tick of y.ticks) {
      group.append(
        svg("path", { d: `M${left} ${up(tick)}h-5` }),
        svg("text", { x: left - 9, y: up(tick) + 4, "text-anchor": "end" }, tidy(tick)),
      );
    }
    const turned = `translate(${left - 38} ${top + height / 2}) rotate(-90)`;
    group.append(svg("text", { transform: turned, "text-anchor": "middle" }, y.label));
  }
  return { x: across, y: up, group };
}

// Four to seven round numbers between two limits.
function ticksOf([from, to]) {
  const rough = (to - from) / 5, unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 2.5, 5, 10].find((factor) => factor * unit >= 0.99 * rough);
  const ticks = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + 1e-9 * step; k += 1) ticks.push(k * step);
  return ticks;
}
