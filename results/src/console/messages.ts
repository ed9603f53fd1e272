import { printable } from "artillery-engine-mqtt/contract";
import { count, counted, duration } from "../judge/number-words.ts";
import type {
  MessagesSummary,
  StormMessagesSummary,
  StormSummary,
  Summary,
} from "../judge/summary-schema.ts";
import { indented, shorten, table, WIDTH, wrap } from "./layout.ts";
import type { Colours } from "./verdict-word.ts";

const HEADER = ["published", "delivered", "lost", "duplicates", "out of", "delivery", "delivery", "delivery"];
const UNITS = ["", "", "", "", "order", "p50", "p99", "max"];

/** Tracked messages that were sent in a storm's window, and what waited for its devices; nothing where none were tracked. */
export function stormMessageLines(storm: StormSummary): string[] {
  const { messages } = storm;
  if (messages === null) return [];
  const cohorts = Object.entries(storm.cohorts).flatMap(([name, cohort]): [string, StormMessagesSummary][] =>
    cohort.messages === null ? [] : [[shorten(printable(name), 24), cohort.messages]],
  );
  const rows: [string, StormMessagesSummary][] =
    cohorts.length > 1 ? [["all cohorts", messages], ...cohorts] : cohorts;
  return [
    ...table([
      ["messages", ...HEADER, "flood", "flush"],
      ["", ...UNITS, "p99", "p99"],
      ...rows.map(([name, of]) => [
        name,
        ...countCells(of),
        ...timeCells(of),
        time(of.floodMs.p99),
        time(of.flushMs.p99),
      ]),
    ]),
    ...backlogLine(messages),
    ...openLines(messages),
  ];
}

/** Those of the whole run. */
export function runMessageLines({ messages }: Summary, colours: Colours): string[] {
  if (messages === null) return [];
  return [
    "",
    colours.bold("Messages of the run, as far as later ones show what is lost"),
    ...table([
      ["", ...HEADER],
      ["", ...UNITS],
      ["tracked", ...countCells(messages), ...timeCells(messages)],
    ]),
    ...openLines(messages),
  ];
}

function countCells(of: MessagesSummary): string[] {
  return [
    count(of.published),
    count(of.delivered),
    of.lost === null ? "-" : count(of.lost),
    count(of.duplicates),
    count(of.outOfOrder),
  ];
}

function timeCells({ deliveryMs }: MessagesSummary): string[] {
  return [time(deliveryMs.p50), time(deliveryMs.p99), time(deliveryMs.max)];
}

function time(ms: number | null): string {
  return ms === null ? "-" : duration(ms);
}

function backlogLine({
  backlogAtLoss,
  backlogFlushed,
  backlogDropped,
  flood,
}: StormMessagesSummary): string[] {
  const said: string[] = [];
  if (flood > 0) said.push(`${counted(flood, "message")} had waited for devices that came back`);
  if (backlogAtLoss > 0)
    said.push(
      `${count(backlogAtLoss)} of theirs ${backlogAtLoss === 1 ? "was" : "were"} not acknowledged at the loss: ${count(backlogFlushed)} since, ${count(backlogDropped)} given up${backlogDropped === 0 ? "" : " (the broker had kept no session, or the device ended)"}`,
    );
  return said.length === 0 ? [] : wrap(said.join("; "), WIDTH - 2, "  ").map(indented);
}

/** What is not known. */
function openLines({ lost, lostReason, notes }: MessagesSummary): string[] {
  const all = lost === null ? [`lost is not known: ${lostReason}`, ...notes] : notes;
  return all.flatMap((one) => wrap(one, WIDTH - 2, "  ").map(indented));
}
