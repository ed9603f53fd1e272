import { expect, it } from "vitest";
import { TIMELINE_COLUMNS } from "../../../engine/src/contract.ts";
import { prepareForecast } from "../../../engine/src/forecast/index.ts";
import type { VirtualFleet } from "../../../engine/src/forecast/virtual-fleet.ts";
import { forecastOf, onlyWorker, type SmallForecast, scriptOf } from "../../support/forecast.ts";

/** 8,000 devices whose back end needs 8 s for all of them. */
const FLEET: SmallForecast = {
  devices: 8000,
  phases: [{ duration: "12s", arrivalRate: 100 }],
  mqtt: {
    storms: [{ at: "16s", fraction: 1, cause: "reset", window: "30s" }],
    configService: { capacity: 1000, queueLimit: 100_000 },
    reconnect: { policy: "full-jitter", base: "2s", cap: "10s" },
    forecast: { broker: { connects: 20_000, closes: 50_000 }, generator: { connects: 100_000 } },
  },
};

/** When 50 and 99 % of the storm's devices were ready again, by the timeline's rows of 100 ms. */
function timesOf(fleet: VirtualFleet): number[] {
  const rows = onlyWorker(fleet)
    .recorder.timeline.take(true)
    .map((line) => line.split(","));
  return [0.5, 0.99].map((share) => readyAtS(fleet, rows, share));
}

function readyAtS(fleet: VirtualFleet, rows: readonly string[][], share: number): number {
  const storm = onlyWorker(fleet).run.storms.report()[0];
  const affected = Object.values(storm?.cohorts ?? {}).reduce((sum, cohort) => sum + cohort.affected, 0);
  let low = false;
  for (const cells of rows) {
    const [tMs, ready] = [Number(cells[0]), Number(cells[READY])];
    if (tMs < 16_000) continue;
    low ||= ready < affected / 2;
    if (low && ready >= affected * share) return (tMs - 16_000) / 1000;
  }
  throw new Error(`${share} of ${affected} devices were never ready`);
}

const READY = (TIMELINE_COLUMNS as readonly string[]).indexOf("ready");

it("a sample comes back when the whole fleet does", async () => {
  const whole = await forecastOf(FLEET);
  const sample = await forecastOf({ ...FLEET, sample: 1600 });
  expect([whole.arrived, sample.arrived]).toEqual([8000, 1600]);
  const [all, some] = [timesOf(whole), timesOf(sample)];
  expect(all[1]).toBeGreaterThan(6);
  for (const [i, time] of some.entries()) {
    const expected = all[i] as number;
    expect(Math.abs(time - expected)).toBeLessThan(0.06 * expected);
  }
});

it("says what it is, what was scaled, and how fine its times can be", () => {
  const { sample, devices, assumptions, model } = prepareForecast(scriptOf(FLEET), {
    ...FLEET,
    sample: 1600,
  });
  expect([sample, devices]).toEqual([{ devices: 1600, of: 8000 }, 1600]);
  expect([model.broker.connects, model.broker.closes, model.generatorConnects]).toEqual([
    4000, 10_000, 20_000,
  ]);
  expect(model.services[0]).toMatchObject({ capacity: 200, queueLimit: 20_000 });
  const [first, second] = assumptions;
  expect(first).toMatchObject({ name: "sample", source: "option" });
  expect(second?.value).toMatch(/^5 ms: .* where it takes 1 ms among all/);
});

it("its pilots meet what the sample meets, whatever grows with the fleet", () => {
  for (const scale of ["phases", "capacity"] as const) {
    const { plan, model, sample, pilots } = prepareForecast(scriptOf(FLEET), {
      devices: 80_000,
      scale,
      sample: 4000,
    });
    if (pilots === null) throw new Error("there are no pilots");
    expect(pilots.devices).toBe(1000);
    for (const one of pilots.plans) expect(one.storms).toEqual(plan.storms);
    const shares = [pilots.devices, sample?.devices ?? Number.NaN];
    const perDevice = [pilots.model, model].map(({ broker, services }, i) =>
      [broker.connects, services[0]?.capacity ?? 0].map((rate) => rate / (shares[i] as number)),
    );
    expect(perDevice[0]).toEqual(perDevice[1]);
  }
});

it("a fleet that does not fit into memory is sampled by itself, and one that does is not", () => {
  const large = prepareForecast(scriptOf(FLEET), { devices: 90_000_000 });
  expect(large.sample).toEqual({ devices: 100_000, of: 90_000_000 });
  expect(large.assumptions[0]).toMatchObject({ name: "sample", source: "model" });
  expect(prepareForecast(scriptOf(FLEET), { devices: 5000 }).sample).toBeNull();
  expect(prepareForecast(scriptOf(FLEET), { devices: 5000, sample: 5000 }).sample).toBeNull();
});
