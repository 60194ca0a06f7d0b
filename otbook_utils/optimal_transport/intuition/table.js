// A plan as a table to be filled in, with its running cost and its lines on the map.
// data: rows, columns: a letter for each bakery and café; a, b: trays baked and ordered; C: blocks
// from each to each; from, to: their places [east, north] in blocks; limits: of the map, { x, y }.

const { rows, columns, a, b, C } = data;
const least = costOf(bestPlan(a, b, C), C);
let lowest = Infinity; // what the reader's cheapest plan so far costs

const inputs = rows.map((from, i) => columns.map((to, j) => html("input", {
  type: "number", min: 0, max: Math.min(a[i], b[j]), step: 1, placeholder: 0, autocomplete: "off",
  "aria-label": `trays from ${from} to ${to}, ${C[i][j]} blocks`,
})));
const trays = () => inputs.map((row) => row.map(({ value }) => Number(value) || 0));
const sum = (masses) => masses.reduce((all, mass) => all + mass, 0);
const sent = rows.map(() => html("td")), got = columns.map(() => html("td"));
const map = svg("svg"), flows = svg("g"), places = svg("g");
const cost = html("strong"), verdict = html("span"), source = html("code");
const line = html("tr", {}, html("td"), ...columns.map((name, j) =>
  html("th", { scope: "col" }, `to ${name} (${b[j]})`)), html("td", {}, "left"));
stage.append(
  html("div", { class: "otbook-panels" },
    map,
    html("div", {},
      html("table", {},
        html("caption", {}, "trays, and in grey the blocks"),
        html("thead", {}, line),
        html("tbody", {}, ...rows.map((name, i) => html("tr", {},
          html("th", { scope: "row" }, `from ${name} (${a[i]})`),
          ...columns.map((_, j) => html("td", {}, inputs[i][j], html("small", {}, ` × ${C[i][j]}`))),
          sent[i])),
          html("tr", {}, html("th", { scope: "row" }, "lacking"), ...got, html("td")))),
      html("p", { class: "otbook-sum" }, "cost so far: ", cost, verdict),
      html("div", { class: "otbook-row" }, button("Empty the table", () => fill(() => "")),
        button("Fair shares", () => fill(fair))))),
  html("p", { class: "otbook-sum" }, "For the cell below: ", source),
);

function fair(i, j) {
  return tidy((a[i] * b[j]) / sum(b));
}

function fill(entry) {
  inputs.forEach((row, i) => row.forEach((input, j) => (input.value = entry(i, j))));
  update();
}

function layOut(width) {
  const across = width < 640 ? width : width - 415, { x, y } = data.limits;
  const scale = Math.min(48, (across - 66) / (x[1] - x[0]));
  const box = [54, 12, scale * (x[1] - x[0]), scale * (y[1] - y[0])];
  map.setAttribute("width", box[0] + box[2] + 12);
  map.setAttribute("height", box[3] + 62);
  const plot = axes(box, {
    x: { limits: x, ticks: ticksOf(x), label: "blocks east" },
    y: { limits: y, ticks: ticksOf(y), label: "blocks north" },
  });
  layOut.at = ([east, north]) => [plot.x(east), plot.y(north)];
  places.replaceChildren(
    ...data.from.map((spot, i) => sign(spot, rows[i], svg("circle", { r: 13, class: "otbook-start" }))),
    ...data.to.map((spot, j) => sign(spot, columns[j],
      svg("rect", { x: -12, y: -12, width: 24, height: 24, class: "otbook-wanted" }))),
  );
  map.replaceChildren(plot.group, flows, places);
  update();
}

function sign(spot, name, shape) {
  const letter = svg("text", { y: 5, "text-anchor": "middle", class: "otbook-letter" }, name);
  return svg("g", { transform: `translate(${layOut.at(spot)})` }, shape, letter);
}

function update() {
  const P = trays(), now = costOf(P, C);
  const left = P.map((row, i) => a[i] - sum(row));
  const lacking = b.map((wanted, j) => wanted - sum(P.map((row) => row[j])));
  const mark = (cell, mass) => {
    cell.textContent = Math.abs(mass) < 1e-9 ? "✓" : tidy(mass);
    cell.classList.toggle("otbook-bad", mass < -1e-9);
  };
  left.forEach((mass, i) => mark(sent[i], mass));
  lacking.forEach((mass, j) => mark(got[j], mass));
  flows.replaceChildren(...P.flatMap((row, i) => row.map((mass, j) => {
    const [[x1, y1], [x2, y2]] = [layOut.at(data.from[i]), layOut.at(data.to[j])];
    return svg("line", { x1, y1, x2, y2, class: "otbook-flow", "stroke-width": 3 * Math.max(0, mass) });
  })));
  cost.textContent = `${tidy(now)} tray·blocks`;
  const words = judge(P, [...left, ...lacking], now);
  verdict.textContent = `. ${words}`;
  source.textContent = `my_plan = [${P.map((row) => `[${row.map((mass) => tidy(mass)).join(", ")}]`).join(", ")}]`;
  announce(`Cost so far ${tidy(now)}. ${words}`);
}

function judge(P, rest, now) {
  if (P.flat().some((mass) => mass < 0)) return "A tray cannot be un-delivered.";
  if (rest.some((mass) => mass < -1e-9)) return "More is carried than there is, or than fits.";
  if (rest.some((mass) => mass > 1e-9)) return "Not all is delivered yet.";
  lowest = Math.min(lowest, now);
  if (now < least + 1e-9) return "This is a plan, and no plan costs less.";
  const before = lowest < now ? ` Yours of ${tidy(lowest)} was better.` : "";
  return `This is a plan. Less is possible.${before}`;
}

for (const input of inputs.flat()) input.addEventListener("input", update);
whenSized(layOut);
fill(fair);
