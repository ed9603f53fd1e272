import { printable } from "artillery-engine-mqtt/contract";
import type { ForecastProgress } from "artillery-engine-mqtt/forecast";
import { count, counted, duration } from "../judge/number-words.ts";
import type { Io } from "./io.ts";

/** A line every so often: only a long forecast has any. */
const PROGRESS_EVERY_MS = 2000;

export function progressTo(io: Io, devices: number): (progress: ForecastProgress) => void {
  let nextMs = performance.now() + PROGRESS_EVERY_MS;
  return ({ nowMs, arrived, online, events }) => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + PROGRESS_EVERY_MS;
    const fleet = arrived < devices ? `${count(arrived)} of ${counted(devices, "device")} arrived, ` : "";
    io.err(
      printable(
        `forecast: ${duration(Math.round(nowMs / 100) * 100)} of virtual time, ${fleet}${count(online)} online, ${count(events)} events`,
      ).concat("\n"),
    );
  };
}
