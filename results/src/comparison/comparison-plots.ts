import { duration, percentReached } from "../judge/number-words.ts";
import { sharesAt } from "../judge/recovery-by-cohort.ts";
import { type Figure, figure } from "../report/figure.ts";
import { READY_SHARE } from "../report/ready-share.ts";
import { cell, table } from "../report/table.ts";
import type { BrokerRow, PhaseRow } from "./comparison.ts";
import { FIRST_CONNECT } from "./first-connect.ts";

/** As many colours as the style sheet has. */
const COLOURS = 6;
/** Told apart without colour, and two brokers of the same colour by it. */
const DASHES = [[], [10, 4], [3, 3], [12, 4, 3, 4]];

/** The recovery curves of all brokers in one phase; null where none has any. A broker has the same line in every phase. */
export function curveFigure(phase: string, index: number, brokers: readonly BrokerRow[]): Figure | null {
  const lines = brokers.flatMap(({ title, phases }, i) => {
    const curve = phases.find((row: PhaseRow) => row.phase === phase)?.curve ?? null;
    if (curve === null) return [];
    const dash = DASHES[(i + Math.floor(i / COLOURS)) % DASHES.length] ?? [];
    return [{ title, curve, colour: (i % COLOURS) + 1, dash }];
  });
  if (lines.length === 0) return null;
  const curves = lines.map(({ curve: { timesMs, shares } }) =>
    timesMs.map((tMs, i) => ({ tMs, share: shares[i] ?? 0 })),
  );
  const times = curves.flatMap((points) => points.map(({ tMs }) => tMs));
  const { timesMs, shares } = sharesAt([0, ...times], curves);
  const lastS = (timesMs.at(-1) ?? 1000) / 1000;
  const since = phase === FIRST_CONNECT ? "time since the first attempt" : "time since the storm";
  const several = lines.some(({ curve }) => curve.round > 1);
  return figure(
    `Recovery curves: ${phase}`,
    `Share of the devices that were ready. The steeper, the better.${several ? " Of each broker, the round with its median time to 99 %." : ""}`,
    {
      id: `plot-curves-${index}`,
      ...READY_SHARE,
      xLabel: since,
      xRange: [0, Math.max(lastS, 0.1)],
      data: [timesMs.map((ms) => ms / 1000), ...shares],
      series: lines.map(({ title, colour, dash }, i) => ({
        label: title,
        rest: percentReached(shares[i]?.at(-1) ?? 0),
        colour,
        dash,
        shape: "step",
      })),
      rest: "in the end",
      target: null,
      marks: [],
    },
    table({
      caption: `Share of the devices ready: ${phase}`,
      header: [since, ...lines.map(({ title }) => title)],
      rows: everyNth(timesMs).map((at) => ({
        head: duration(timesMs[at] ?? 0),
        cells: shares.map((own) => cell(percentReached(own[at] ?? 0))),
      })),
    }),
  );
}

const LONGEST_TABLE = 40;

function everyNth(timesMs: readonly number[]): number[] {
  const nth = Math.max(1, Math.ceil(timesMs.length / LONGEST_TABLE));
  return timesMs.flatMap((_, i) => (i % nth === 0 || i === timesMs.length - 1 ? [i] : []));
}
