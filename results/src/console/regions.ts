import { printable, type WorkerRegion } from "artillery-engine-mqtt/contract";
import { count } from "../judge/number-words.ts";
import { table } from "./layout.ts";

const COLUMNS: readonly { header: string; counter: keyof WorkerRegion }[] = [
  { header: "home devices", counter: "homeDevices" },
  { header: "connects", counter: "connectsAccepted" },
  { header: "failed over to it", counter: "failovers" },
  { header: "config requests", counter: "configRequests" },
  { header: "answered", counter: "configResponses" },
];

/** One row per region; no line without regions. */
export function regionTable(title: string, regions: Readonly<Record<string, WorkerRegion>>): string[] {
  const rows = Object.entries(regions).map(([name, region]) => [
    printable(name),
    ...COLUMNS.map(({ counter }) => count(region[counter])),
  ]);
  return rows.length === 0 ? [] : table([[title, ...COLUMNS.map(({ header }) => header)], ...rows]);
}
