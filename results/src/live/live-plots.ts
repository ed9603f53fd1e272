import { count, counted, duration, percentReached } from "../judge/number-words.ts";
import { stormRecovery } from "../judge/recovery-by-cohort.ts";
import type { ChartSpec } from "../report/chart-spec.ts";
import { type Figure, figure } from "../report/figure.ts";
import { LOAD_SERIES } from "../report/plots.ts";
import { recoverySpec } from "../report/recovery-figures.ts";
import { stormMarks } from "../report/storm-marks.ts";
import type { MergedRun, MergedStorm } from "../run/merge.ts";
import { type LiveRates, meansOverMs } from "./rates.ts";
import type { RunSeen } from "./run-tail.ts";

/** A plot, and the sentence beside it, which changes with it. */
export interface LivePlot extends Figure {
  caption: string;
}

/** An axis of time is at least so long, or the first seconds would jump. */
const SHORTEST_S = 10;

export function fleetPlot({ fleet, slotMs }: RunSeen, run: MergedRun): LivePlot {
  const highest = fleet.reduce((most, { online }) => Math.max(most, online), 0);
  const last = fleet.at(-1);
  const caption =
    last === undefined
      ? "No device has arrived yet."
      : `Last: ${count(last.online)} online, ${count(last.ready)} ready. The most were ${count(highest)} online.`;
  return overTime("plot-fleet", "Devices online and ready", caption, run, {
    yAxis: "count",
    yLabel: "devices",
    highest,
    timesMs: fleet.map(({ tMs }) => tMs + slotMs),
    values: [fleet.map(({ online }) => online), fleet.map(({ ready }) => ready)],
    series: [
      { label: "online", rest: count(last?.online ?? 0), colour: 1, shape: "line", dash: [10, 4] },
      { label: "ready", rest: count(last?.ready ?? 0), colour: 3, shape: "line", dash: [] },
    ],
  });
}

export function loadPlot(rates: readonly LiveRates[], slotMs: number, run: MergedRun): LivePlot {
  const peaks = LOAD_SERIES.map(({ of }) => rates.reduce((most, rate) => Math.max(most, rate[of]), 0));
  const overMs = meansOverMs(slotMs);
  const said = LOAD_SERIES.map(({ label }, i) => `${label} ${count(peaks[i] ?? 0)}`).join(", ");
  return overTime(
    "plot-load",
    "Offered load and goodput",
    `Means over ${duration(overMs)}. Highest: ${said}.`,
    run,
    {
      yAxis: "perSecond",
      yLabel: "per second",
      highest: Math.max(...peaks),
      timesMs: rates.map(({ tMs }) => tMs),
      values: LOAD_SERIES.map(({ of }) => rates.map((rate) => rate[of])),
      series: LOAD_SERIES.map(({ of, label, colour, shape, dash }) => ({
        label,
        rest: count(rates.at(-1)?.[of] ?? 0),
        colour,
        shape,
        dash,
      })),
    },
  );
}

function recoveryTitle({ index }: Pick<MergedStorm, "index">): string {
  return `Recovery from storm ${index}`;
}

/** The place of a storm's curve, which is there before it. */
export function recoveryPlace(storm: MergedStorm): Pick<LivePlot, "html"> & { id: string } {
  const none = { cohorts: [], curve: { timesMs: [], shares: [] }, shownMs: 0 };
  const spec = recoverySpec(none, { index: storm.index, at: storm.atMs }, 1, { rest: "", rests: [] });
  return { id: spec.id, html: figure(recoveryTitle(storm), "", spec, null).html };
}

/** Returns null where nobody was affected so far. */
export function recoveryPlot(
  run: MergedRun,
  storm: MergedStorm,
  target: number,
  knownMs: number,
): LivePlot | null {
  const recovery = stormRecovery(run, storm);
  if (recovery === null) return null;
  // What is to come of an open window is not drawn as if it were known.
  const known = recovery.curve.timesMs.filter((ms) => ms <= knownMs);
  // What was reached holds until now.
  const isOpen = knownMs > 0 && known.length < recovery.curve.timesMs.length;
  const curve = {
    timesMs: isOpen ? [...known, knownMs] : known,
    shares: recovery.curve.shares.map((own) => {
      const shares = own.slice(0, known.length);
      return isOpen ? [...shares, shares.at(-1) ?? 0] : shares;
    }),
  };
  const rests = curve.shares.map((own) => percentReached(own.at(-1) ?? 0));
  const shown = { index: storm.index, at: storm.atMs };
  const spec = recoverySpec({ ...recovery, curve }, shown, target, { rest: "so far", rests });
  const due = recovery.cohorts[0]?.due ?? 0;
  const caption = `Share of the ${counted(due, "affected device")} that came back, by the time since the storm.`;
  return withCaption(spec.id, recoveryTitle(storm), caption, spec);
}

interface OverTime {
  yAxis: ChartSpec["yAxis"];
  yLabel: string;
  highest: number;
  /** Since the epoch. */
  timesMs: readonly number[];
  values: number[][];
  series: ChartSpec["series"];
}

function overTime(
  id: string,
  title: string,
  caption: string,
  { timeZeroMs, storms }: MergedRun,
  { timesMs, highest, values, ...axes }: OverTime,
): LivePlot {
  const times = timesMs.map((tMs) => (tMs - timeZeroMs) / 1000);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  return withCaption(id, title, caption, {
    id,
    xAxis: "seconds",
    xLabel: "time since the fleet's time zero",
    xRange: [first, Math.max(last, first + SHORTEST_S)],
    yMax: highest * 1.2 || 1,
    data: [times, ...values],
    target: null,
    // Both plots over the run's time are zoomed, and pointed at, as one.
    time: { name: "run", zeroS: 0, folds: [], views: [] },
    rest: "last",
    marks: stormMarks(
      storms
        .filter(({ startedAtMs }) => startedAtMs !== null)
        .map(({ index, atMs, windowMs }) => ({ index, at: atMs, windowMs })),
    ),
    ...axes,
  });
}

/** The place of the plot has no caption of its own: it stays while the plot changes. */
function withCaption(
  id: string,
  title: string,
  caption: string,
  spec: Omit<ChartSpec, "description">,
): LivePlot {
  const { html } = figure(title, "", { ...spec, id }, null);
  const { spec: described } = figure(title, caption, { ...spec, id }, null);
  return { html, spec: described, caption };
}
