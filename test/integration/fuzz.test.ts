/** What a broker may send, for 20 s: no crash, no growth, no unhandled rejection. `npm run fuzz` does it for longer. */
import { expect, it, onTestFinished } from "vitest";
import { fuzz, fuzzLongLife } from "../fuzz/fuzz.ts";
import { bytesInUse, MOST_GROWTH_BYTES } from "../fuzz/memory.ts";

/** A failure prints the seed and the case; FUZZ_SEED runs them again. */
const SEED = Number(process.env["FUZZ_SEED"] ?? 20_261_123);

it(`survives what a hostile broker sends, seed ${SEED}`, async () => {
  console.log(`fuzz: seed ${SEED}`);
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => {
    rejections.push(reason);
  };
  process.on("unhandledRejection", onRejection);
  onTestFinished(() => {
    process.removeListener("unhandledRejection", onRejection);
  });
  // Once everything is compiled and every name was seen, memory may no longer grow.
  await fuzz(SEED, 4000);
  const before = bytesInUse();
  const totals = await fuzz(SEED, 16_000);
  expect(bytesInUse() - before).toBeLessThan(MOST_GROWTH_BYTES);
  expect(rejections).toEqual([]);
  // The fuzzer came to every place that it is about.
  expect(Object.keys(totals.outcomes)).toEqual(expect.arrayContaining(["done", "lost", "timeout"]));
  expect(Object.keys(totals.disconnects)).toEqual(
    expect.arrayContaining(["malformed_packet", "closed", "ack_timeout", "bootstrap_timeout"]),
  );
  expect(Object.keys(totals.refused)).toEqual(
    expect.arrayContaining([
      "malformed_packet",
      "connack_timeout",
      "closed_before_connack",
      "connack.server_busy",
      "connack.server_moved",
    ]),
  );
  expect(Object.keys(totals.outcomes)).toEqual(
    expect.arrayContaining(["packet_too_large", "qos_not_supported", "retain_not_supported"]),
  );
});

it.each([4, 5])("a device does not grow over a long life of it, protocol version %i", (version) => {
  const grown = fuzzLongLife(SEED, version, 60_000, bytesInUse);
  expect(grown).toBeLessThan(MOST_GROWTH_BYTES / 4);
});
