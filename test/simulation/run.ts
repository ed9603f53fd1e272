/**
 * Simulation by hand: npm run simulate -- --minutes 10 [--seed 1] [--case 123 [--trace]]
 *
 * Exit code 1 with the seed and the case at the first thing that must not happen; `--case` runs that case alone,
 * and `--trace` writes down what happens in it.
 */
import { parseArgs } from "node:util";
import { simulate, simulateCase } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string" },
    case: { type: "string" },
    trace: { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? process.env["SIMULATION_SEED"] ?? Math.floor(Date.now() / 1000));
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error(
    "usage: npm run simulate -- --minutes NUMBER [--seed WHOLE_NUMBER] [--case WHOLE_NUMBER [--trace]]",
  );
  process.exit(2);
}

if (values.case !== undefined) {
  const outcome = simulateCase(seed, Number(values.case), undefined, values.trace ? console.log : null);
  console.log(JSON.stringify(outcome, null, 2));
  console.log(`case ${values.case} of seed ${seed}: nothing found`);
} else {
  console.log(`simulating for ${minutes} min with seed ${seed}`);
  const startedMs = performance.now();
  let reportedMs = startedMs;
  const totals = simulate(seed, ({ cases, events }) => {
    const nowMs = performance.now();
    if (nowMs - reportedMs >= 10_000) {
      reportedMs = nowMs;
      console.log(`${Math.round((nowMs - startedMs) / 1000)} s: ${cases} cases, ${events} events`);
    }
    return nowMs - startedMs < minutes * 60_000;
  });
  const names = Object.entries(totals.names).map(([table, known]) => [table, [...known].sort().join(" ")]);
  console.log(JSON.stringify({ ...totals, names: Object.fromEntries(names) }, null, 2));
}
