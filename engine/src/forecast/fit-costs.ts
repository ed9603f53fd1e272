/** One knee: so much of each kind of work took `totalMs` of the broker's time. */
export interface Equation {
  amounts: readonly number[];
  totalMs: number;
}

/** A cost is not taken for less than this share of what it would be were all costs in proportion. */
const LEAST_SHARE = 1e-3;

/**
 * What each kind of work costs, milliseconds, by what knees say of sums of them, and where they leave it open by what was believed
 * before. One knee scales all costs alike; of several, the costs that satisfy all are taken that are nearest to those, each change
 * as a share of the cost. As many knees as kinds, of unlike mixes, leave nothing open.
 */
export function fitCosts(believedMs: readonly number[], equations: readonly Equation[]): number[] {
  if (equations.length === 0) return [...believedMs];
  const scale = commonFactor(believedMs, equations);
  const scaled = believedMs.map((cost) => cost * scale);
  // In units of what each cost would be, and of each total: all are about 1.
  const rows = equations.map(({ amounts, totalMs }) =>
    amounts.map((amount, i) => (amount * (scaled[i] as number)) / totalMs),
  );
  const gaps = rows.map((row) => 1 - sum(row));
  const gram = rows.map((row) =>
    rows.map((other) => sum(row.map((value, i) => value * (other[i] as number)))),
  );
  const weights = solved(gram, gaps);
  return scaled.map((cost, i) => {
    const change = sum(rows.map((row, k) => (row[i] as number) * (weights[k] as number)));
    return cost * Math.max(LEAST_SHARE, 1 + change);
  });
}

/** Scales all costs so that they are nearest to what the knees say: the geometric mean of what each asks for. */
function commonFactor(costs: readonly number[], equations: readonly Equation[]): number {
  const logs = equations.map(({ amounts, totalMs }) =>
    Math.log(totalMs / sum(amounts.map((amount, i) => amount * (costs[i] as number)))),
  );
  return Math.exp(sum(logs) / logs.length);
}

/** Gaussian elimination with pivots; what says nothing new (a knee of the same mix) has no weight. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const size = right.length;
  const rows = matrix.map((row, i) => [...row, right[i] as number]);
  const at = (row: number, column: number): number => (rows[row] as number[])[column] as number;
  const isPivot: boolean[] = [];
  for (let k = 0; k < size; k++) {
    let best = k;
    for (let i = k + 1; i < size; i++) if (Math.abs(at(i, k)) > Math.abs(at(best, k))) best = i;
    [rows[k], rows[best]] = [rows[best] as number[], rows[k] as number[]];
    isPivot.push(Math.abs(at(k, k)) > NOTHING_NEW);
    if (!isPivot[k]) continue;
    for (let i = k + 1; i < size; i++) {
      const factor = at(i, k) / at(k, k);
      for (let j = k; j <= size; j++) (rows[i] as number[])[j] = at(i, j) - factor * at(k, j);
    }
  }
  const found: number[] = new Array(size).fill(0);
  for (let k = size - 1; k >= 0; k--) {
    if (!isPivot[k]) continue;
    let rest = at(k, size);
    for (let j = k + 1; j < size; j++) rest -= at(k, j) * (found[j] as number);
    found[k] = rest / at(k, k);
  }
  return found;
}

/** Two knees whose mixes differ by less than a hundredth would make much of a small error. */
const NOTHING_NEW = 1e-4;

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
