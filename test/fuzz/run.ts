/**
 * Fuzzing by hand: npm run fuzz -- --minutes 10 [--seed 1] [--case 123]
 *
 * The exit code is 1, with the seed and the case, at the first thing that must not happen, or where memory has grown; `--case` runs
 * that case alone.
 */
import { parseArgs } from "node:util";
import { fuzz, fuzzCase, newTotals } from "./fuzz.ts";
import { bytesInUse, MOST_GROWTH_BYTES } from "./memory.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, seed: { type: "string" }, case: { type: "string" } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? process.env["FUZZ_SEED"] ?? Math.floor(Date.now() / 1000));
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error("usage: npm run fuzz -- --minutes NUMBER [--seed WHOLE_NUMBER] [--case WHOLE_NUMBER]");
  process.exit(2);
}

process.on("unhandledRejection", (reason) => {
  console.error("unhandled rejection", reason);
  process.exit(1);
});

if (values.case !== undefined) {
  fuzzCase(seed, Number(values.case), newTotals());
  console.log(`case ${values.case} of seed ${seed}: nothing found`);
} else {
  console.log(`fuzzing for ${minutes} min with seed ${seed}`);
  // Once everything is compiled and every name was seen, memory may no longer grow.
  await fuzz(seed, 3000);
  const before = bytesInUse();
  const totals = await fuzz(seed, minutes * 60_000, ({ cases, connections }, elapsedMs) => {
    console.log(
      `${Math.round(elapsedMs / 1000)} s: ${cases} cases, ${connections} connections, ${inMb(bytesInUse())} MB`,
    );
  });
  const after = bytesInUse();
  console.log(JSON.stringify(totals, null, 2));
  console.log(`memory in use: ${inMb(before)} MB before, ${inMb(after)} MB after`);
  if (after - before > MOST_GROWTH_BYTES) process.exitCode = 1;
}

function inMb(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
