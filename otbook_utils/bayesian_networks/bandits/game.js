// Two machines to be pulled by the reader, and what can be known about their means.
// data: names of the machines; coins: for each, what its first, second, … pull pays (0 or 1), as
// many as there are pulls in all; height: of the densities' axis.

const { names, coins, height } = data, budget = coins[0].length;
const paid = names.map(() => []); // what each machine has paid so far
const looks = [{ style: "fill: none; stroke: var(--otbook-start); stroke-width: 2.5px" },
  { style: "fill: none; stroke: var(--otbook-wanted); stroke-width: 2.5px", "stroke-dasharray": "7 4" }];
const chart = svg("svg", { "aria-hidden": true }), score = html("strong");
const coinsOf = names.map(() => html("span", { "aria-hidden": true }));
const told = names.map(() => html("span"));
const pulls = names.map((name, k) => button(`Pull ${name}`, () => pull(k)));
stage.append(
  html("p", { class: "otbook-sum" }, score),
  ...names.map((_, k) => html("div", { class: "otbook-row" }, pulls[k],
    svg("svg", { width: 40, height: 8, "aria-hidden": true }, svg("path", { d: "M0 4h40", ...looks[k] })),
    told[k], coinsOf[k])),
  chart,
  html("div", { class: "otbook-row" }, button("Start again", () => {
    paid.forEach((row) => row.splice(0));
    update();
  })),
);

const sum = (row) => row.reduce((all, coin) => all + coin, 0);
const left = () => budget - paid[0].length - paid[1].length;

function pull(k) {
  if (!left()) return;
  const coin = coins[k][paid[k].length];
  paid[k].push(coin);
  update();
  announce(`${names[k]} paid ${coin ? "1" : "nothing"}. ${score.textContent}`);
}

// The posterior of a mean after so many ones of n under a flat prior: Beta(1 + ones, 1 + n - ones).
function density(mean, ones, n) {
  let scale = n + 1;
  for (let k = 1; k <= ones; k += 1) scale *= (n - ones + k) / k;
  return scale * mean ** ones * (1 - mean) ** (n - ones);
}

function layOut(width) {
  // On a phone the coins have a line of their own from the start, so that nothing jumps.
  for (const row of coinsOf) row.style = width < 480 ? "flex-basis: 100%; min-height: 1.5em" : "";
  const box = [54, 12, Math.min(width, 520) - 66, 190];
  chart.setAttribute("width", box[0] + box[2] + 12);
  chart.setAttribute("height", box[3] + 62);
  layOut.plot = axes(box, {
    x: { limits: [0, 1], ticks: ticksOf([0, 1]), label: "mean pay of a machine" },
    y: { limits: [0, height], ticks: ticksOf([0, height]), label: "density" },
  });
  update();
}

function update() {
  const won = sum(paid[0]) + sum(paid[1]), coinsNow = `${won} coin${won === 1 ? "" : "s"}`;
  score.textContent = left()
    ? `${coinsNow}, ${left()} pull${left() === 1 ? "" : "s"} left`
    : `${coinsNow}: your ${budget} pulls are over.`;
  const { x, y, group } = layOut.plot;
  const curves = paid.map((row, k) => {
    coinsOf[k].textContent = row.map((coin) => (coin ? "●" : "○")).join("");
    told[k].textContent = `${sum(row)} of ${row.length} paid`;
    pulls[k].disabled = !left();
    pulls[k].style.opacity = left() ? 1 : 0.5;
    const points = Array.from({ length: 101 }, (_, i) => {
      const mean = i / 100;
      return `${x(mean).toFixed(1)},${y(density(mean, sum(row), row.length)).toFixed(1)}`;
    });
    return svg("polyline", { points: points.join(" "), ...looks[k] });
  });
  chart.replaceChildren(group, ...curves);
}

whenSized(layOut);
