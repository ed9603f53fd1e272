import { describe, expect, it } from "vitest";
import { forecastWarnings, prepareForecast } from "../../../engine/src/forecast/index.ts";
import { forecastOf, type SmallForecast, scriptOf } from "../../support/forecast.ts";

/** 100 devices over 99 rows. */
const sharing = (protocolVersion: 4 | 5, more: SmallForecast = {}): SmallForecast => ({
  mqtt: { protocolVersion },
  config: {
    payload: [
      {
        path: "serials.csv",
        fields: ["serial"],
        order: "sequence",
        data: Array.from({ length: 99 }, (_, i) => [`serial-${i}`]),
      },
    ],
  },
  scenario: { onConnect: [], flow: [{ connect: { clientId: "{{ serial }}" } }, { stayOnline: {} }] },
  ...more,
});

describe("devices that share a client id in a forecast", () => {
  it("are said before it", () => {
    expect(forecastWarnings(prepareForecast(scriptOf(sharing(4)), {}))).toEqual([
      expect.stringMatching(
        /^mqtt: WARNING: scenarios\[0\]\.flow\[0\]\.connect\.clientId: .* 99 rows of serials\.csv in sequence for 100 devices: device-000000 and device-000099 /,
      ),
    ]);
    expect(forecastWarnings(prepareForecast(scriptOf(), {}))).toEqual([]);
  });

  it.each([
    [4, 1],
    [5, 1],
    [4, 3],
  ] as const)("are counted as its broker counts them: version %i, %i workers", async (version, workers) => {
    const fleet = await forecastOf(sharing(version, { workers }));
    expect(fleet.workers.length).toBe(workers);
    const reports = fleet.workers.map(({ run }) => run.ids?.report());
    const counted = reports.reduce((sum, report) => sum + (report?.count ?? 0), 0);
    const [broker] = fleet.brokers;
    expect(counted).toBeGreaterThan(5);
    // What a storm has reset may be there still when its device comes back; and the last may be on its way at the end.
    expect(counted).toBeLessThanOrEqual(broker?.takeovers ?? 0);
    const named = fleet.workers.map(
      ({ recorder }) => recorder.counters(0).disconnects["session_taken_over"] ?? 0,
    );
    expect(named.reduce((sum, count) => sum + count, 0)).toBe(counted);
    const ids = reports.flatMap((report) => report?.examples ?? []);
    expect(new Set(ids.map(({ clientId }) => clientId))).toEqual(new Set(["serial-0"]));
    expect(new Set(ids.flatMap(({ devices }) => devices))).toEqual(
      new Set(["device-000000", "device-000099"]),
    );
  });

  it("are not looked for where each has its own", async () => {
    const fleet = await forecastOf();
    for (const { run } of fleet.workers) expect(run.ids).toBeNull();
  });
});
