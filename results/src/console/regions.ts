import type { WorkerRegion } from "artillery-engine-mqtt/contract";
import { printable } from "artillery-engine-mqtt/contract";
import { count } from "../judge/number-words.ts";
import { table } from "./layout.ts";

const HEADER = ["home devices", "connects", "failed over to it", "config requests", "answered"];

/** One row per region; no line without regions. */
export function regionTable(title: string, regions: Readonly<Record<string, WorkerRegion>>): string[] {
  const rows = Object.entries(regions).map(([name, region]) => [
    printable(name),
    ...regionValues(region).map((value) => count(value)),
  ]);
  return rows.length === 0 ? [] : table([[title, ...HEADER], ...rows]);
}

/** In the order of the table's columns. */
export function regionValues(region: WorkerRegion): number[] {
  const { homeDevices, connectsAccepted, failovers, configRequests, configResponses } = region;
  return [homeDevices, connectsAccepted, failovers, configRequests, configResponses];
}
