import type { BrokerWork, CalibratedRate, Calibration, ForecastAssumption } from "../contract.ts";
import { fitCosts } from "./fit-costs.ts";

/** What runs told of a target, in place of what was believed of it. Each value keeps the run that it comes from. */

const WORKS = ["connects", "tlsFull", "tlsResumed", "subscribes", "messages"] as const;

const WORK_WORDS: Record<keyof BrokerWork, string> = {
  connects: "connects",
  tlsFull: "full TLS handshakes",
  tlsResumed: "resumed TLS handshakes",
  subscribes: "subscribes",
  messages: "messages",
};

/** A rate of the model, and the run that set it; null where none did. */
export interface Calibrated {
  perS: number;
  run: string | null;
}

export interface CalibratedBroker {
  rates: Record<keyof BrokerWork, Calibrated>;
  /** How sure they are, and what was not reached. */
  notes: ForecastAssumption[];
}

/**
 * The broker's rates. Knees set those that they know of, together: see `fitCosts`. What a run saw served without a knee is a lower
 * bound: all that it knows of becomes as fast as it takes, and nothing slower.
 *
 * @param believed per second: what the script says, or the default
 */
export function calibratedBroker(
  believed: BrokerWork,
  calibrations: readonly Calibration[],
): CalibratedBroker {
  const known = calibrations.flatMap(({ run, broker }) => (broker === null ? [] : [{ run, ...broker }]));
  const knees = known.filter(({ isKnee }) => isKnee);
  let costs = fitCosts(
    WORKS.map((work) => 1000 / believed[work]),
    knees.map(({ perS, perDevice }) => ({ amounts: amountsOf(perDevice), totalMs: 1000 / perS })),
  );
  const runs: (string | null)[] = WORKS.map((work) =>
    runNames(knees.filter((one) => one.perDevice[work] > 0)),
  );
  for (const { isKnee, perS, perDevice, run } of known) {
    const amounts = amountsOf(perDevice);
    const neededMs = amounts.reduce((total, amount, i) => total + amount * (costs[i] as number), 0);
    if (isKnee || neededMs <= 1000 / perS) continue;
    const factor = 1000 / perS / neededMs;
    costs = costs.map((cost, i) => ((amounts[i] as number) > 0 ? cost * factor : cost));
    amounts.forEach((amount, i) => {
      if (amount > 0) runs[i] = run;
    });
  }
  const rates = Object.fromEntries(
    WORKS.map((work, i) => {
      const run = runs[i] ?? null;
      return [work, { perS: run === null ? believed[work] : 1000 / (costs[i] as number), run }];
    }),
  ) as Record<keyof BrokerWork, Calibrated>;
  return { rates, notes: known.map((one) => brokerNote(one, knees.length)) };
}

function amountsOf(perDevice: BrokerWork): number[] {
  return WORKS.map((work) => perDevice[work]);
}

/** Null for none. */
function runNames(knees: readonly { run: string }[]): string | null {
  return knees.length === 0 ? null : [...new Set(knees.map(({ run }) => run))].join(" + ");
}

function brokerNote(
  { run, perDevice, ...rate }: CalibratedRate & { run: string; perDevice: BrokerWork },
  knees: number,
): ForecastAssumption {
  const kinds = WORKS.filter((work) => perDevice[work] > 0);
  const each = kinds.map((work) => `${amount(perDevice[work])} ${WORK_WORDS[work]}`).join(", ");
  const split =
    rate.isKnee && kinds.length > knees
      ? "; what of its time each kind takes is as the script or the defaults have it, all scaled alike"
      : "";
  return {
    name: "calibration: broker",
    value: `${rateSentence(rate, "devices")}; each was ${each}${split}`,
    source: "calibration",
    run,
  };
}

/** A back end's capacity, answers per second, and how sure it is. */
export function calibratedCapacity(
  believed: number,
  calibrations: readonly Calibration[],
): Calibrated & { notes: ForecastAssumption[] } {
  let found: Calibrated = { perS: believed, run: null };
  const notes: ForecastAssumption[] = [];
  const known = calibrations.flatMap(({ run, answers }) => (answers === null ? [] : [{ run, answers }]));
  // A knee is known; what was served without one counts only beyond it.
  for (const { run, answers } of [...known].sort((a, b) => +b.answers.isKnee - +a.answers.isKnee)) {
    if (answers.isKnee || answers.perS > found.perS) found = { perS: answers.perS, run };
    notes.push({
      name: "calibration: config service",
      value: rateSentence(answers, "answers"),
      source: "calibration",
      run,
    });
  }
  return { ...found, notes };
}

/** Times between two ends with nobody waiting, milliseconds; null where no run tells. The first run that tells is taken. */
export function calibratedLatency(
  calibrations: readonly Calibration[],
): { onewayMs: number; tcpMs: number; connackMs: number; run: string } | null {
  for (const { run, tcpMs, connackMs } of calibrations) {
    if (tcpMs !== null && connackMs !== null) return { onewayMs: tcpMs / 2, tcpMs, connackMs, run };
  }
  return null;
}

function rateSentence(rate: CalibratedRate, what: string): string {
  const { perS, isKnee, lowPerS, highPerS, seconds, idleMs, loadedMs, doubt } = rate;
  const latency =
    idleMs === null || loadedMs === null
      ? ""
      : `, latency ${amount(idleMs)} ms when idle and ${amount(loadedMs)} ms ${isKnee ? "at the knee" : "there"}`;
  if (isKnee) {
    return `knee at ${amount(perS)} ${what} per s, between ${amount(lowPerS)} and ${amount(highPerS)}, by ${seconds} s of load${latency}`;
  }
  const why = doubt === "" ? "no knee up to there" : doubt;
  return `at least ${amount(perS)} ${what} per s: ${why}; by ${seconds} s of load${latency}`;
}

/** Three digits are more than a ramp knows. */
function amount(value: number): string {
  return String(value >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));
}
