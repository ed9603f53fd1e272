import { describe, expect, it } from "vitest";
import { forecastOf, onlyWorker, type SmallForecast } from "../../support/forecast.ts";

const SCRIPT: SmallForecast = {
  scenario: {
    telemetry: { every: "1s", jitter: "10 %", topic: "telemetry/{{ deviceId }}", payload: { at: 1 }, qos: 1 },
  },
};

async function counters(small: SmallForecast): Promise<Record<string, number>> {
  const { recorder } = onlyWorker(await forecastOf(small));
  return recorder.counters(0).counters;
}

describe("telemetry of a forecast", () => {
  it("goes on beside the storm, whose devices connect as often as without it", async () => {
    const [speaking, silent] = await Promise.all([counters(SCRIPT), counters({})]);
    // 100 devices, of which each is there for 23 s or so.
    const due = (speaking["publishesSent"] ?? 0) + (speaking["telemetryDropped"] ?? 0);
    expect(due - (silent["publishesSent"] ?? 0)).toBeGreaterThan(2000);
    expect(due - (silent["publishesSent"] ?? 0)).toBeLessThan(2400);
    expect(speaking["telemetryDropped"]).toBeGreaterThan(0);
    expect(speaking["connectAttempts"]).toBe(silent["connectAttempts"]);
  });
});
