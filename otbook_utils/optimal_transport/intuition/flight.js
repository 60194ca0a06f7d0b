// Mass in flight: under each plan every point is at (1 - t) x + t y, x its start and y its end.
// data: starts, ends: (n, 2) places in km; plans: [{ name, partner }], partner[i] the end of start
// i; limits: of the plane, { x, y }.

const n = data.starts.length;
let t = 0;
const panels = data.plans.map(({ name, partner }) => {
  const far = data.starts.map((x, i) => distance(x, data.ends[partner[i]]));
  const mean = far.reduce((all, way) => all + way, 0) / n;
  const panel = svg("svg"), flying = svg("g"), title = svg("text", { class: "otbook-title", x: 54, y: 16 });
  const dots = data.starts.map(() => svg("circle", { r: 3.5, class: "otbook-start" }));
  flying.append(...dots);
  return { name, partner, mean, panel, flying, dots, title };
});
const at = (x, y) => x.map((value, axis) => (1 - t) * value + t * y[axis]);

const [slide, showTime] = slider({
  label: "time t", least: 0, most: 1, step: 0.01, value: 0, text: (value) => value.toFixed(2),
  moved: (value) => { stop(); fly(value); },
});
const [flyButton, stop] = player("Let it fly", 5, (part) => fly(part));
slide.append(flyButton);
stage.append(html("div", { class: "otbook-panels" }, ...panels.map(({ panel }) => panel)), slide);

let plot;
function layOut(width) {
  const across = width < 560 ? width : Math.floor(width / 2), { x, y } = data.limits;
  const scale = (across - 66) / (x[1] - x[0]), box = [54, 26, across - 66, scale * (y[1] - y[0])];
  for (const { panel, flying, title, partner } of panels) {
    panel.setAttribute("width", across);
    panel.setAttribute("height", box[3] + 74);
    plot = axes(box, {
      x: { limits: x, ticks: ticksOf(x), label: "km east" },
      y: { limits: y, ticks: ticksOf(y), label: "km north" },
    });
    const lines = data.starts.map((from, i) => {
      const to = data.ends[partner[i]];
      const ends = { x1: plot.x(from[0]), y1: plot.y(from[1]), x2: plot.x(to[0]), y2: plot.y(to[1]) };
      return svg("line", { ...ends, class: "otbook-flow", "stroke-width": 0.8 });
    });
    const ends = data.ends.map(([east, north]) =>
      svg("rect", { x: plot.x(east) - 3, y: plot.y(north) - 3, width: 6, height: 6, class: "otbook-wanted" }));
    panel.replaceChildren(plot.group, ...lines, ...ends, flying, title);
  }
  fly(t);
}

function fly(time) {
  t = time;
  for (const { name, partner, mean, dots, title } of panels) {
    dots.forEach((dot, i) => {
      const [east, north] = at(data.starts[i], data.ends[partner[i]]);
      dot.setAttribute("cx", plot.x(east));
      dot.setAttribute("cy", plot.y(north));
    });
    title.textContent = `${name}: ${(t * mean).toFixed(2)} km so far`;
  }
  showTime(t);
  announce(panels.map(({ title }) => title.textContent).join("; "));
}

whenSized(layOut);
