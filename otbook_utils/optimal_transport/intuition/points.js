// Points of equal mass in the plane, to be dragged; the best plan follows, and its cost is drawn
// against the way that they have been moved.
// data: starts, wanted: as many places each, in km; limits: of the plane, { x, y }; walker: the
// start that the button sends along, from x = walk[0] to walk[1].

const n = data.starts.length, ones = Array(n).fill(1), stride = 0.02; // km between two costs
let starts, wanted, now, moved, trace, switches; // trace and switches: [km moved so far, cost]

function best() {
  const C = starts.map((from) => wanted.map((to) => distance(from, to)));
  const P = bestPlan(ones, ones, C);
  return { cost: costOf(P, C) / n, partner: P.map((row) => row.indexOf(1)) };
}

function begin() {
  [starts, wanted] = [data.starts, data.wanted].map((places) => places.map((place) => [...place]));
  [now, moved, switches] = [best(), 0, []];
  trace = [[0, now.cost]];
}

// Move a point straight to a place, and look at the plan on the way: no switch is stepped over.
function move(point, target) {
  const from = [...point], far = distance(from, target), steps = Math.ceil(far / stride);
  for (let k = 1; k <= steps; k += 1) {
    for (const axis of [0, 1]) point[axis] = from[axis] + (k / steps) * (target[axis] - from[axis]);
    const before = now;
    now = best();
    moved += far / steps;
    trace.push([moved, now.cost]);
    if (now.partner.some((j, i) => j !== before.partner[i])) switches.push([moved, now.cost]);
  }
  update();
}

// -- what stands on the page ---------------------------------------------------------------------

const plane = svg("svg"), curve = svg("svg"), cost = html("strong"), changes = html("span");
const [walking, stopWalking] = player(
  "Walk past the others", 8,
  (part) => {
    const [from, to] = data.walk;
    move(starts[data.walker], [from + part * (to - from), data.starts[data.walker][1]]);
  },
  () => { begin(); update(); },
);
const again = button("Start again", () => { stopWalking(); begin(); update(); });
stage.append(
  html("div", { class: "otbook-panels" }, plane, curve),
  html("div", { class: "otbook-row" }, walking, again),
  html("p", { class: "otbook-sum" }, "mean distance under the best plan: ", cost, changes),
);

const flows = data.starts.map(() => svg("line", { class: "otbook-flow", "stroke-width": 5 }));
const handle = (kind, cloud, index) => {
  const shape = kind === "disc"
    ? svg("circle", { r: 8, class: "otbook-start" })
    : svg("rect", { x: -8, y: -8, width: 16, height: 16, class: "otbook-wanted" });
  const group = svg("g", {}, svg("circle", { r: 22, class: "otbook-reach" }), shape);
  if (kind === "disc" && index === data.walker) {
    group.append(svg("circle", { r: 13, class: "otbook-curve" }));
  }
  const put = ([x, y]) => {
    stopWalking();
    move(cloud()[index], [clamp(x, data.limits.x), clamp(y, data.limits.y)]);
  };
  hold(group, {
    label: `${kind} ${index + 1}`,
    centre: () => [plot.x(cloud()[index][0]), plot.y(cloud()[index][1])],
    moveTo: (x, y) => put([plot.x.of(x), plot.y.of(y)]),
    nudge: (right, up) => put([cloud()[index][0] + 0.1 * right, cloud()[index][1] + 0.1 * up]),
  });
  return { group, cloud, index };
};
const handles = [
  ...data.starts.map((_, i) => handle("disc", () => starts, i)),
  ...data.wanted.map((_, j) => handle("square", () => wanted, j)),
];

// -- drawing -------------------------------------------------------------------------------------

let plot, box; // the axes of the plane; the box of the curve
function layOut(width) {
  const stacked = width < 560, left = stacked ? width : Math.round(0.6 * width);
  const { x, y } = data.limits, scale = (left - 66) / (x[1] - x[0]);
  const height = Math.round(scale * (y[1] - y[0])); // a kilometre is as long both ways
  const low = stacked ? 160 : height;
  for (const [panel, across, down] of [[plane, left, height], [curve, width - left || left, low]]) {
    panel.setAttribute("width", across);
    panel.setAttribute("height", down + 62);
  }
  plot = axes([54, 16, left - 66, height], {
    x: { limits: x, ticks: ticksOf(x), label: "km east" },
    y: { limits: y, ticks: ticksOf(y), label: "km north" },
  });
  box = [56, 16, (width - left || left) - 68, low];
  plane.replaceChildren(plot.group, ...flows, ...handles.map(({ group }) => group));
  update();
}

function update() {
  flows.forEach((line, i) => {
    const [from, to] = [starts[i], wanted[now.partner[i]]];
    for (const [name, value] of [
      ["x1", plot.x(from[0])], ["y1", plot.y(from[1])], ["x2", plot.x(to[0])], ["y2", plot.y(to[1])],
    ]) line.setAttribute(name, value);
  });
  for (const { group, cloud, index } of handles) {
    const [x, y] = cloud()[index];
    group.setAttribute("transform", `translate(${plot.x(x)} ${plot.y(y)})`);
    place(group, `${tidy(x, 1)} km east, ${tidy(y, 1)} km north`);
  }
  const costs = trace.map(([, value]) => value);
  const y = [Math.floor(5 * Math.min(...costs) - 0.5) / 5, Math.ceil(5 * Math.max(...costs) + 0.5) / 5];
  const x = [Math.max(0, Math.ceil(moved) - 6), Math.max(6, Math.ceil(moved))];
  const inside = ([way]) => way >= x[0];
  const graph = axes(box, {
    x: { limits: x, ticks: ticksOf(x), label: "km moved" },
    y: { limits: y, ticks: ticksOf(y), label: "mean distance (km)" },
  });
  const points = trace.filter(inside).map(([way, value]) => `${graph.x(way)},${graph.y(value)}`);
  curve.replaceChildren(
    graph.group,
    svg("polyline", { class: "otbook-curve", points: points.join(" ") }),
    ...switches.filter(inside).map(([way, value]) =>
      svg("circle", { class: "otbook-switch", r: 5, cx: graph.x(way), cy: graph.y(value) })),
    svg("circle", { class: "otbook-here", r: 4, cx: graph.x(moved), cy: graph.y(now.cost) }),
  );
  cost.textContent = `${now.cost.toFixed(2)} km`;
  changes.textContent = `; partners changed ${switches.length} times (rings on the curve)`;
  announce(`Mean distance ${now.cost.toFixed(2)} km; partners changed ${switches.length} times.`);
}

begin();
whenSized(layOut);
