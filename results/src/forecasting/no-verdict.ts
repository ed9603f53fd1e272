import { count, counted, duration } from "../judge/number-words.ts";
import type { StormSummary } from "../judge/summary-schema.ts";
import { dueAt, isThere } from "./at-work.ts";

/** How a fleet of another size arrives, and what the model takes. Rates are per second, of one broker or config service. */
export interface Arriving {
  /** Devices of the script. */
  written: number;
  devices: number;
  /** What grew with the fleet; null for nothing. */
  scale: "phases" | "capacity" | null;
  /** When the last device has arrived. */
  arrivedByMs: number;
  /** At most. */
  arrivalsPerS: number;
  connectsPerS: number;
  /** Null where nobody answers config requests. */
  answersPerS: number | null;
  /** Each has a broker and a config service; 1 where the script has none. */
  regions: number;
}

/**
 * Why the fleet was not at work when storms came, and what to change, in lines of which the first is the title. Nothing where it was.
 *
 * @param share how many devices stand for one in the summaries' counts, 1 without a sample
 */
export function notReady(
  arriving: Arriving,
  storms: readonly Pick<StormSummary, "index" | "at" | "fleet" | "happened" | "verdictAbsence">[],
  share = 1,
): string[] {
  const { devices, arrivedByMs } = arriving;
  const isUnready = (storm: (typeof storms)[number]): boolean =>
    storm.verdictAbsence === "no-baseline" ||
    !isThere({ fleet: storm.fleet, due: dueAt(storm, devices * share, arrivedByMs) });
  const unready = storms.filter(isUnready);
  if (unready.length === 0) return [];
  return [
    `NOT AT WORK: of ${counted(devices, "device")} too few were ready when ${stormsWords(unready)} came`,
    whyWords(arriving),
    "What to change:",
    ...remedies(arriving),
  ];
}

function whyWords({ arrivedByMs, arrivalsPerS, connectsPerS, answersPerS, regions }: Arriving): string {
  const where = regions > 1 ? ` in the weakest of ${regions} regions` : "";
  const answers = answersPerS === null ? "" : ` and ${count(answersPerS)} config answers`;
  // Of regions one may get them all: only what each of them could take is said to be little.
  const isWithin = arrivalsPerS <= Math.min(connectsPerS, answersPerS ?? connectsPerS);
  return `They arrive within ${duration(arrivedByMs)}, up to ${count(arrivalsPerS)} a second; the model takes ${count(connectsPerS)} connects${answers} a second${where}.${isWithin ? " That alone is not too much: what those who are there ask for besides (refreshes, retries) is." : ""}`;
}

const CONNECTS = "config.engines.mqtt.forecast.broker.connects";
const ANSWERS = " and config.engines.mqtt.configService.capacity (or forecast.configService.capacity)";

function remedies({ written, devices, scale, arrivedByMs, answersPerS }: Arriving): string[] {
  const factor = count(Number((devices / written).toPrecision(3)));
  const isLarger = devices > written;
  return [
    ...(isLarger && scale === null
      ? [
          `--scale phases: they arrive as fast as the script's ${count(written)}, for ${factor} times as long (${duration((arrivedByMs * devices) / written)}), and storms come as much later.`,
        ]
      : []),
    ...(isLarger && scale !== "capacity"
      ? [`--scale capacity: broker and config service become ${factor} times as large, as the fleet does.`]
      : []),
    `In the script, what yours can take: ${CONNECTS}${answersPerS === null ? "" : ANSWERS}; and how long your fleet takes to arrive: duration of config.phases.`,
  ];
}

/** What to change where storms were not watched for long enough to tell, in lines of which the first is the title; else nothing. */
export function tooShort(
  storms: readonly Pick<StormSummary, "index" | "windowMs" | "verdictAbsence" | "verdictReason">[],
): string[] {
  const short = storms.filter(({ verdictAbsence }) => verdictAbsence === "window-too-short");
  const [first] = short;
  if (first === undefined) return [];
  const longestMs = Math.max(...short.map(({ windowMs }) => windowMs));
  return [
    `TOO SHORT: ${stormsWords(short)} had to be watched for longer to tell`,
    `Storm ${first.index}: ${first.verdictReason}.`,
    "What to change:",
    `--window ${Math.ceil((longestMs * 3) / 1000)}s: every storm is watched for at least so long, and those after it come as much later. In the script: window of config.engines.mqtt.storms.`,
  ];
}

/** `storm 1`, `storms 1, 2`: each by its number, once. */
function stormsWords(storms: readonly { index: number }[]): string {
  const indices = [...new Set(storms.map(({ index }) => index))].sort((a, b) => a - b);
  return `storm${indices.length === 1 ? "" : "s"} ${indices.join(", ")}`;
}
