// Piles and holes along a track, to be dragged; the best plan and its work follow.
// data: rows, columns: a letter for each pile and hole; piles, holes: places in metres; room: what
// fits into each hole; total: all loads; start: loads in the first of the two piles.

const { rows, columns, room, total } = data;
const track = [0, 10], level = { piles: 100, holes: 180 }, tall = 7, wide = 3.2; // pixels a load
let piles = [...data.piles], holes = [...data.holes];
let loads = data.start; // in the first pile
let seen = [loads, loads]; // the loads between which the reader has poured

const masses = () => [loads, total - loads];
const costs = () => piles.map((x) => holes.map((y) => Math.abs(x - y)));
const workWith = (first) => {
  const C = costs();
  return costOf(bestPlan([first, total - first], room, C), C);
};

// -- what stands on the page ---------------------------------------------------------------------

const picture = svg("svg"), curve = svg("svg");
const flows = svg("g"), places = svg("g");
const cells = rows.map(() => columns.map(() => html("td")));
const sums = rows.map(() => html("th", { scope: "row" }));
const work = html("strong");
const [slide, showLoads] = slider({
  label: `loads in pile ${rows[0]}`, least: 0, most: total, step: 0.1, value: data.start,
  text: (value) => tidy(value, 1),
  moved: (value) => { stopPouring(); pour(value); },
});
const [pouring, stopPouring] = player(`Pour ${rows[1]} into ${rows[0]}`, 6, (part) =>
  pour(Math.round(10 * total * part) / 10));
const again = button("Start again", () => { stopPouring(); begin(); });
slide.append(pouring, again);
stage.append(
  html("div", { class: "otbook-panels" }, picture, curve),
  slide,
  html("p", { class: "otbook-sum" }, "work of the best plan: ", work),
  html("table", {},
    html("caption", {}, "the plan, in loads"),
    html("thead", {}, html("tr", {}, html("td"),
      ...columns.map((name, j) => html("th", { scope: "col" }, `to ${name} (${room[j]})`)))),
    html("tbody", {}, ...rows.map((name, i) => html("tr", {}, sums[i], ...cells[i])))),
);

const handles = [
  ...rows.map((name, i) => ({ name, kind: "pile", at: () => piles, index: i })),
  ...columns.map((name, j) => ({ name, kind: "hole", at: () => holes, index: j })),
].map((one) => {
  const bar = svg("rect", { class: one.kind === "pile" ? "otbook-start" : "otbook-gap", width: 26 });
  const text = svg("text", { "text-anchor": "middle", class: "otbook-halo" });
  const reach = svg("rect", { class: "otbook-reach", width: 46, rx: 4 });
  const group = svg("g", {}, bar, text, reach);
  places.append(group);
  const put = (place) => {
    one.at()[one.index] = clamp(Math.round(10 * place) / 10, track);
    update();
  };
  hold(group, {
    label: `${one.kind} ${one.name}`,
    centre: () => [across(one.at()[one.index]), 0],
    moveTo: (x) => put(across.of(x)),
    nudge: (right, up) => put(one.at()[one.index] + 0.1 * (right + up)),
  });
  return { ...one, group, bar, text, reach };
});

// -- drawing -------------------------------------------------------------------------------------

let across, curveAxes; // the pixel of a place on the track; the axes of the work
function layOut(width) {
  const stacked = width < 560, left = stacked ? width : Math.round(0.58 * width);
  const right = stacked ? width : width - left, frame = { height: 300 };
  picture.setAttribute("width", left);
  picture.setAttribute("height", frame.height);
  const ground = axes([26, 20, left - 52, 232], {
    x: { limits: track, ticks: [0, 2, 4, 6, 8, 10], label: "position (m)" }, y: { limits: [0, 1] },
  });
  across = ground.x;
  const lines = Object.values(level).map((y) => svg("path", { d: `M8 ${y}H${left - 8}` }));
  ground.group.append(...lines);
  picture.replaceChildren(ground.group, flows, places);
  curve.setAttribute("width", right);
  curve.setAttribute("height", stacked ? 230 : frame.height);
  layOut.box = [54, 20, right - 66, (stacked ? 230 : frame.height) - 68];
  update();
}

function update() {
  const C = costs(), a = masses(), P = bestPlan(a, room, C), sum = costOf(P, C);
  flows.replaceChildren();
  P.forEach((row, i) => row.forEach((mass, j) => {
    cells[i][j].textContent = mass > 1e-9 ? tidy(mass, 1) : "·";
    if (mass < 1e-9) return;
    const [x1, x2] = [across(piles[i]), across(holes[j])], { piles: y1, holes: y2 } = level;
    const down = i % 2 ? 0.7 : 0.3; // where the number stands: off the middle, where lines cross
    flows.prepend(svg("line", { x1, y1, x2, y2, class: "otbook-flow", "stroke-width": wide * mass }));
    flows.append(svg("text", {
      x: x1 + down * (x2 - x1), y: y1 + down * (y2 - y1) + 5, "text-anchor": "middle",
      class: "otbook-halo",
    }, tidy(mass, 1)));
  }));
  for (const { name, kind, at, index, group, bar, text, reach } of handles) {
    const pile = kind === "pile", mass = pile ? a[index] : room[index], x = across(at()[index]);
    const height = Math.max(2, tall * mass), top = pile ? level.piles - height : level.holes;
    for (const [key, value] of [["x", x - 13], ["y", top], ["height", height]]) {
      bar.setAttribute(key, value);
    }
    text.setAttribute("x", x);
    text.setAttribute("y", pile ? top - 7 : top + height + 17);
    text.textContent = `${name}: ${tidy(mass, 1)}`;
    reach.setAttribute("x", x - 23);
    reach.setAttribute("y", pile ? top - 24 : top - 4);
    reach.setAttribute("height", height + 28);
    place(group, `${tidy(at()[index], 1)} metres`);
  }
  sums.forEach((cell, i) => (cell.textContent = `from ${rows[i]} (${tidy(a[i], 1)})`));
  work.textContent = `${tidy(sum, 1)} load·m`;
  drawCurve(sum);
  announce(`The best plan takes ${tidy(sum, 1)} load-metres.`);
}

// The work against the loads in the first pile, for what the reader has seen. Between whole loads
// it is straight, since holes take whole loads.
function drawCurve(sum) {
  const whole = Array.from({ length: total + 1 }, (_, k) => k);
  const top = 25 * Math.ceil(Math.max(49, ...whole.map(workWith)) / 25);
  const y = { limits: [0, top], ticks: ticksOf([0, top]), label: "work (load·m)" };
  const x = { limits: [0, total], ticks: [0, 2, 4, 6, 8, 10], label: `loads in ${rows[0]}` };
  const plot = axes(layOut.box, { x, y });
  const visited = [seen[0], ...whole.filter((w) => seen[0] < w && w < seen[1]), seen[1]];
  const points = visited.map((w) => `${plot.x(w)},${plot.y(workWith(w))}`);
  curve.replaceChildren(
    plot.group,
    svg("polyline", { class: "otbook-curve", points: points.join(" ") }),
    svg("circle", { class: "otbook-here", r: 5, cx: plot.x(loads), cy: plot.y(sum) }),
  );
}

function pour(value) {
  loads = value;
  seen = [Math.min(seen[0], loads), Math.max(seen[1], loads)];
  showLoads(loads);
  update();
}

function begin() {
  [piles, holes] = [[...data.piles], [...data.holes]];
  seen = [data.start, data.start];
  pour(data.start);
}

whenSized(layOut);
