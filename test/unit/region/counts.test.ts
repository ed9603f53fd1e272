import { expect, it } from "vitest";
import { RegionCounts } from "../../../engine/src/region/counts.ts";

it("counts by region, tells what was gained since, and tells Artillery each connection once", () => {
  const counts = new RegionCounts(["eu", "us-west"]);
  counts.count(0, "homeDevices");
  counts.count(0, "connectsAccepted");
  const before = counts.read();
  counts.count(1, "connectsAccepted");
  counts.count(1, "failovers");
  counts.count(1, "connectsAccepted");
  counts.count(1, "configRequests");
  counts.count(1, "configRequests");
  counts.count(1, "configResponses");
  expect(counts.since(before)).toEqual({
    eu: { homeDevices: 1, connectsAccepted: 0, failovers: 0, configRequests: 0, configResponses: 0 },
    "us-west": { homeDevices: 0, connectsAccepted: 2, failovers: 1, configRequests: 2, configResponses: 1 },
  });
  const told: unknown[] = [];
  const runEvents = { emit: (...event: unknown[]) => told.push(event) };
  counts.emit(runEvents);
  counts.emit(runEvents);
  counts.count(0, "connectsAccepted");
  counts.emit(runEvents);
  expect(told).toEqual([
    ["counter", "mqtt.region.eu.connects", 1],
    ["counter", "mqtt.region.us-west.connects", 2],
    ["counter", "mqtt.region.eu.connects", 1],
  ]);
});
