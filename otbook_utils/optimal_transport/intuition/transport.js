// Exact transport between a few places, for the figures of the chapter on moving sand.

// The best plan for masses a (n) and b (m) of one total and costs C (n by m): P (n by m).
// Successive shortest paths: Kuhn's Hungarian method, for masses of any size. Prices u and v keep
// C[i][j] - u[i] - v[j] at zero where P moves mass and at least zero elsewhere, which proves the
// final plan best. With masses of 1 the plan is an assignment, found in about n cubed steps.
function bestPlan(a, b, C) {
  const n = a.length, m = b.length;
  const P = C.map((row) => row.map(() => 0));
  const u = C.map((row) => Math.min(...row)), v = Array(m).fill(0);
  const left = [...a], wanted = [...b];
  const nothing = 1e-12 * a.reduce((sum, mass) => sum + mass, 0); // what rounding may leave

  for (let start = 0; start < n; start += 1) {
    while (left[start] > nothing) {
      // Dijkstra's search from the pile for a hole with room: to a hole along any arrow, and
      // from there back along an arrow in use, whose mass would then go elsewhere.
      const toRow = Array(n).fill(Infinity), toColumn = Array(m).fill(Infinity);
      const rowBefore = Array(m), columnBefore = Array(n), settled = Array(m).fill(false);
      toRow[start] = 0;
      let fresh = [start], end = -1;
      while (end < 0) {
        for (const i of fresh) {
          for (let j = 0; j < m; j += 1) {
            const way = toRow[i] + C[i][j] - u[i] - v[j];
            if (!settled[j] && way < toColumn[j]) [toColumn[j], rowBefore[j]] = [way, i];
          }
        }
        let near = -1;
        for (let j = 0; j < m; j += 1) {
          if (!settled[j] && (near < 0 || toColumn[j] < toColumn[near])) near = j;
        }
        if (near < 0) return P; // b is smaller than a: what is left has no place to go
        settled[near] = true;
        if (wanted[near] > nothing) end = near;
        fresh = [];
        for (let i = 0; i < n; i += 1) {
          if (P[i][near] > 0 && toRow[i] === Infinity) {
            [toRow[i], columnBefore[i]] = [toColumn[near], near];
            fresh.push(i);
          }
        }
      }
      for (let i = 0; i < n; i += 1) u[i] += Math.max(0, toColumn[end] - toRow[i]);
      for (let j = 0; j < m; j += 1) v[j] -= Math.max(0, toColumn[end] - toColumn[j]);

      // Walk back, first to see how much can move, then to move it.
      const path = [[rowBefore[end], end]];
      while (path.at(-1)[0] !== start) {
        const j = columnBefore[path.at(-1)[0]];
        path.push([rowBefore[j], j]);
      }
      let mass = Math.min(left[start], wanted[end]);
      for (let k = 1; k < path.length; k += 1) mass = Math.min(mass, P[path[k - 1][0]][path[k][1]]);
      path.forEach(([i, j], k) => {
        P[i][j] += mass;
        if (k > 0) P[path[k - 1][0]][j] -= mass;
      });
      left[start] -= mass;
      wanted[end] -= mass;
    }
  }
  return P;
}

// The cost of a plan: each entry times its cost, added up.
function costOf(P, C) {
  return P.reduce((sum, row, i) => row.reduce((all, mass, j) => all + mass * C[i][j], sum), 0);
}

const distance = ([x1, y1], [x2, y2]) => Math.hypot(x1 - x2, y1 - y2);
