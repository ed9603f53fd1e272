import { describe, expect, it } from "vitest";
import { type Arrivals, arrivalsOf, devicesOf, scaledTo } from "../../../engine/src/forecast/arrivals.ts";

function read(phases: unknown): Arrivals[] {
  const { arrivals, problems } = arrivalsOf(phases);
  expect(problems).toEqual([]);
  return arrivals ?? [];
}

function timesOf(arrivals: readonly Arrivals[]): number[] {
  return arrivals.flatMap(({ fromMs, everyMs, count }) =>
    Array.from({ length: count }, (_, i) => fromMs + everyMs * (i + 1)),
  );
}

describe("phases as arrivals", () => {
  it("come at the rate, the first of them after one interval", () => {
    expect(timesOf(read([{ duration: "2s", arrivalRate: 2 }]))).toEqual([500, 1000, 1500, 2000]);
  });

  it("come one phase after the other, pauses and idle phases too", () => {
    const phases = [
      { duration: 1, arrivalRate: 1 },
      { pause: "3s" },
      { duration: 1, arrivalRate: 0 },
      { duration: "1s", arrivalCount: 2 },
    ];
    expect(timesOf(read(phases))).toEqual([1000, 5500, 6000]);
  });

  it("have intervals of whole microseconds, as Artillery's timer has", () => {
    // 1 s / 300 is 3333.3 µs: 2,400 of 3,333 µs fit into 8 s.
    expect(read([{ duration: "8s", arrivalRate: 300 }])).toMatchObject([{ count: 2400, everyMs: 3.333 }]);
  });

  it("change their rate every second in a ramp", () => {
    const ramp = read([{ duration: "3s", arrivalRate: 10, rampTo: 30 }]);
    expect(ramp.map(({ fromMs, count }) => [fromMs, count])).toEqual([
      [0, 10],
      [1000, 20],
      [2000, 30],
    ]);
    expect(devicesOf(read([{ duration: 1, arrivalRate: 10, rampTo: 30 }]))).toBe(20);
  });

  it("name path, value and what is allowed", () => {
    expect(arrivalsOf([{ duration: "soon", arrivalRate: "many" }]).problems).toMatchObject([
      { path: "config.phases[0].duration", value: "soon" },
      { path: "config.phases[0].arrivalRate", value: "many" },
    ]);
    expect(arrivalsOf("none").problems).toMatchObject([{ path: "config.phases" }]);
  });

  it("are scaled to exactly as many devices as are asked for, each phase at its length", () => {
    const phases = read([
      { duration: "10s", arrivalRate: 3 },
      { duration: "5s", arrivalRate: 7 },
      { duration: "3s", arrivalCount: 1 },
    ]);
    for (const devices of [1, 7, 65, 66, 1000, 999_983]) {
      const scaled = scaledTo(phases, devices);
      expect(devicesOf(scaled)).toBe(devices);
      for (const [i, one] of scaled.entries()) {
        const whole = phases[i] as Arrivals;
        if (one.count > 0) expect(one.count * one.everyMs).toBeCloseTo(whole.count * whole.everyMs, 6);
      }
    }
  });
});
