import { count, duration, percent } from "../judge/number-words.ts";
import type { StormProgress } from "../judge/storm-progress.ts";
import { stormName } from "../judge/storm-words.ts";

/** `storm 2: 1,234 of 2,000 ready (61.7 %), online 1,980, 312 connects/s, 500 config requests/s, 12 s of 25 s` */
export function progressLine(storm: StormProgress): string {
  const share = storm.due > 0 ? ` (${percent(storm.ready / storm.due)})` : "";
  const where = storm.containers > 1 ? ` on ${count(storm.containers)} containers` : "";
  return [
    `${stormName(storm)}${where}: ${count(storm.ready)} of ${count(storm.due)} ready${share}`,
    `online ${count(storm.online)}`,
    `${count(storm.connectsPerS)} connects/s`,
    `${count(storm.configRequestsPerS)} config requests/s`,
    `${duration(Math.round(storm.sinceMs / 1000) * 1000)} of ${duration(storm.windowMs)}`,
  ].join(", ");
}
