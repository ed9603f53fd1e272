import { describe, expect, it } from "vitest";
import { consoleSummary } from "../../../../results/src/console/summary.ts";
import { record, storm } from "../../../support/run-files.ts";
import { summaryOf } from "../../../support/synthetic-run.ts";

const region = (homeDevices: number, connectsAccepted: number) => ({
  homeDevices,
  connectsAccepted,
  failovers: connectsAccepted - homeDevices,
  configRequests: connectsAccepted,
  configResponses: connectsAccepted,
});

function worker(workerId: string): { record: ReturnType<typeof record> } {
  const inStorm = { eu: region(0, 0), us: region(10, 30) };
  return {
    record: {
      ...record({ workerId }),
      storms: [{ ...storm(), cause: "regionLoss", region: "eu", fraction: 0.75, regions: inStorm }],
      regions: { eu: region(30, 30), us: region(10, 40) },
    },
  };
}

describe("regions in the results", () => {
  it("are added up over the workers, in the script's order, for the run and for each storm", () => {
    const { regions, storms } = summaryOf([worker("1"), worker("2")]);
    expect(Object.keys(regions)).toEqual(["eu", "us"]);
    expect(regions["us"]).toEqual({
      homeDevices: 20,
      connectsAccepted: 80,
      failovers: 60,
      configRequests: 80,
      configResponses: 80,
    });
    expect(storms[0]).toMatchObject({ region: "eu", regions: { us: { connectsAccepted: 60 } } });
  });

  it("stand in the console's summary by name", () => {
    const text = consoleSummary(summaryOf([worker("1")]), { colour: false, files: [] });
    expect(text).toMatch(/Storm 1: region outage \(eu\) at /);
    expect(text).toMatch(/\n {2}us +10 +40 +30 +40 +40\n/);
  });

  it("are none in the record of an engine or a script that has none", () => {
    const summary = summaryOf([{ record: { ...record({ workerId: "1" }), storms: [storm()] } }]);
    expect(summary.regions).toEqual({});
    expect(summary.storms[0]).toMatchObject({ region: null, regions: {} });
    expect(consoleSummary(summary, { colour: false, files: [] })).not.toContain("Regions");
  });
});
