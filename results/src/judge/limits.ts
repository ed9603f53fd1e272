/**
 * What limited a recovery: which part of the whole decided how long it took. Pure: what a storm's files say in, findings out. Each
 * rule below names its evidence with figures and what to do about it; none fires without that evidence, and several may.
 */
import type { LimitingFactor } from "./limiting-factors.ts";
import { type LoadStretch, type LostTime, STRETCH_MS } from "./lost-time.ts";
import { count, counted, duration, percent } from "./number-words.ts";
import type { StormFields } from "./summary-schema.ts";

export interface Limit {
  factor: LimitingFactor;
  /** What was seen, with its figures. */
  evidence: string;
  /** What to try next. */
  action: string;
}

export interface LimitEvidence {
  storm: Pick<
    StormFields,
    | "affected"
    | "cause"
    | "stopped"
    | "connectAttempts"
    | "connectsAccepted"
    | "configRequests"
    | "configTimeouts"
    | "lateResponses"
    | "readyMs"
    | "readyFromStormMs"
    | "overMs"
    | "outage"
  >;
  /** Attempts in the recovery that the target or the way to it ended, whatever was wrong. */
  connectsFailed: number;
  /** Calls for credentials in the recovery that failed. */
  authFailures: number;
  /** Devices that are to come back. */
  due: number;
  lost: LostTime;
  stretches: readonly LoadStretch[];
  /** Why the generator was the bottleneck; empty where it was not. */
  generatorReasons: readonly string[];
}

/** A part of the lost time decides from this share on. */
export const DECIDING_SHARE = 0.5;
/** Attempts or requests that fail are more than an accident from this share on. */
export const FAILING_SHARE = 0.1;
/** A rate is flat where its highest stretch is no more than this times its lowest. */
export const FLAT_RATIO = 1.3;
/** So many stretches in a row tell a rate that is flat from one that passes by. */
export const FLAT_STRETCHES = 4;

type Rule = (evidence: LimitEvidence) => Limit | null;

/** @param waitedShare of the lost time in which devices themselves waited; null where it decides nothing, or a server speaks for itself */
type WaitingRule = (evidence: LimitEvidence, waitedShare: number | null) => Limit | null;

const generator: Rule = ({ generatorReasons }) => {
  if (generatorReasons.length === 0) return null;
  return {
    factor: "generator",
    evidence: `the load generator itself, which was at its limit: ${generatorReasons.join("; ")}`,
    action:
      "Run the fleet on more workers or machines before anything else: until then its times are partly the generator's own.",
  };
};

/** What there is to say of a server that devices need on their way back. */
interface Server {
  /** What it did per second in a stretch, and how many waited for it. */
  rateOf: (stretch: LoadStretch) => number;
  waitingOf: (stretch: LoadStretch) => number;
  flat: (plateau: Plateau) => string;
  /** Why too much of what it was asked failed; null where it did not. */
  failed: string | null;
  /** How much of the lost time was spent at it, and what devices did meanwhile. */
  lostS: number;
  meanwhile: string;
}

/** That it did all that it can, that it failed, or else that most of the time was spent at it; empty where none is so. */
function signsOf({ stretches, lost }: LimitEvidence, server: Server): string[] {
  const plateau = plateauOf(stretches, server.rateOf, server.waitingOf);
  const said = plateau !== null && plateau.share >= DECIDING_SHARE ? [server.flat(plateau)] : [];
  if (server.failed !== null) return [...said, server.failed];
  if (said.length > 0 || !isDeciding(server.lostS, lost)) return said;
  return [`${server.meanwhile} for ${percent(server.lostS / sumOf(lost))} of the time that they lost`];
}

const authentication: Rule = (evidence) => {
  const { authFailures, stretches, lost } = evidence;
  const calls = stretches.reduce(
    (sum, { credentialsPerS }) => sum + (credentialsPerS * STRETCH_MS) / 1000,
    0,
  );
  const isFailing = authFailures > 0 && authFailures >= (authFailures + calls) * FAILING_SHARE;
  const signs = signsOf(evidence, {
    rateOf: ({ credentialsPerS }) => credentialsPerS,
    waitingOf: ({ authenticating }) => authenticating,
    flat: ({ perS, ms, most }) =>
      `it brought a flat ${count(perS)} credentials/s for ${duration(ms)}, while up to ${counted(most, "device")} waited`,
    failed: isFailing ? `${counted(authFailures, "call")} failed` : null,
    lostS: lost.authenticatingS,
    meanwhile: "devices waited for their credentials",
  });
  if (signs.length === 0) return null;
  return {
    factor: "authentication",
    evidence: `the service that devices ask for credentials before they connect: ${signs.join("; ")}`,
    action:
      "Let devices keep their credentials until these expire, or give the service more capacity; renewals that all fall due in a storm are part of it.",
  };
};

const broker: Rule = (evidence) => {
  const { storm, connectsFailed, lost } = evidence;
  if (storm.connectAttempts === 0) return null;
  const share = connectsFailed / (connectsFailed + storm.connectsAccepted);
  const signs = signsOf(evidence, {
    rateOf: ({ connectsAcceptedPerS }) => connectsAcceptedPerS,
    waitingOf: ({ connecting }) => connecting,
    flat: ({ perS, ms, most }) =>
      `it accepted a flat ${count(perS)} connects/s for ${duration(ms)}, while up to ${counted(most, "attempt")} waited`,
    failed:
      connectsFailed > 0 && share >= FAILING_SHARE
        ? `${percent(share)} of the attempts to connect failed (${count(connectsFailed)})`
        : null,
    lostS: lost.connectingS,
    meanwhile: "devices waited for it to answer an attempt",
  });
  if (signs.length === 0) return null;
  return {
    factor: "broker",
    evidence: `the broker, or the way to it: ${signs.join("; ")}`,
    action:
      "Look at what it allows (accept queue, rate of connections, processor for TLS), at whom it asks to authenticate devices, at the " +
      "errors of the attempts, and at more nodes; `mqtt-results forecast --find capacity --of broker` says how much it takes.",
  };
};

const backEnd: Rule = (evidence) => {
  const { configRequests, configTimeouts, lateResponses } = evidence.storm;
  if (configRequests === 0) return null;
  const late =
    lateResponses === 0 ? "" : `, and ${counted(lateResponses, "answer")} came too late to be of use`;
  const signs = signsOf(evidence, {
    rateOf: ({ answersPerS }) => answersPerS,
    waitingOf: ({ asking }) => asking,
    flat: ({ perS, ms, most }) =>
      `its answers were flat at ${count(perS)}/s for ${duration(ms)}, while up to ${counted(most, "request")} waited`,
    failed:
      configTimeouts >= configRequests * FAILING_SHARE
        ? `${count(configTimeouts)} of ${counted(configRequests, "request")} timed out${late}`
        : null,
    lostS: evidence.lost.gettingReadyS,
    meanwhile: "devices were connected and not ready yet",
  });
  if (signs.length === 0) return null;
  return {
    factor: "back-end",
    evidence: `the back end that devices ask when they connect: ${signs.join("; ")}`,
    action:
      "Let devices keep their configuration (`cache: true`) or ask later, give the back end more capacity, or spread the reconnects: " +
      "`mqtt-results forecast --find capacity` says how much, `--find policy` which back-off.",
  };
};

/** Where attempts succeed and answers come in time, nothing but the devices themselves keeps them from coming back sooner. */
const backOff: WaitingRule = ({ storm }, waitedShare) => {
  if (storm.cause === "silent" || waitedShare === null) return null;
  return {
    factor: "back-off",
    evidence:
      `the devices' own back-off: they waited to try for ${percent(waitedShare)} of the time that they lost, ` +
      `and the target kept up: ${perDevice(storm)}`,
    action:
      "The target has room: a shorter base or window brings devices back sooner. `mqtt-results forecast --find policy` says which keeps within it.",
  };
};

/** A silent path is lost at the storm's instant, whenever its device finds out. */
const detection: WaitingRule = ({ storm }, waitedShare) => {
  const action =
    "A shorter keepalive notices a silent path sooner, and costs a PINGREQ of each device in it.";
  if (storm.cause === "silent") {
    if (waitedShare === null) return null;
    return {
      factor: "detection",
      evidence:
        `what devices did not know: they had not noticed yet, or waited to try, for ${percent(waitedShare)} of the time that they lost, ` +
        `and the target kept up: ${perDevice(storm)}`,
      action,
    };
  }
  const { readyMs, readyFromStormMs, overMs } = storm;
  const [fromStorm, fromLoss] = [readyFromStormMs?.p99 ?? null, readyMs.p99];
  if (overMs !== null || fromStorm === null || fromLoss === null) return null;
  if (fromStorm - fromLoss < fromStorm * DECIDING_SHARE) return null;
  return {
    factor: "detection",
    evidence: `what devices did not know: 99 % were ready ${duration(fromStorm)} after the storm's instant, but ${duration(fromLoss)} after each had noticed it`,
    action,
  };
};

const outage: Rule = (evidence) => {
  const { storm, lost } = evidence;
  if (storm.outage === null || !(outageS(evidence) >= sumOf(lost) * DECIDING_SHARE)) return null;
  return {
    factor: "outage",
    evidence: `the outage itself: devices had no ${storm.outage.of} for ${duration(storm.outage.forMs)}, ${percent(outageS(evidence) / sumOf(lost))} of the time that they lost`,
    action: "What came after it took less time than it did: look at the peak of the load, not at the time.",
  };
};

const patience: Rule = ({ storm, due }) => {
  if (!(storm.stopped >= due * 0.01) || storm.stopped === 0) return null;
  return {
    factor: "patience",
    evidence: `what devices give up for: ${count(storm.stopped)} of ${count(due)} had stopped trying when the window ended: told to, or given up`,
    action:
      "Nobody brings them back but a person: let `onReason` wait instead of stop, or `rebootAfter` take the place of `giveUpAfter`.",
  };
};

/** Servers that devices need on their way back, in the order in which they need them. */
const SERVERS: readonly Rule[] = [authentication, broker, backEnd];

/** Empty where nobody was affected, or where no rule has evidence. A generator at its limit comes first: it makes all others doubtful. */
export function limitsOf(evidence: LimitEvidence): Limit[] {
  if (evidence.storm.affected === 0) return [];
  const servers = SERVERS.flatMap((rule) => rule(evidence) ?? []);
  const waitedShare = servers.length > 0 ? null : waitingShare(evidence);
  const others = [
    backOff(evidence, waitedShare),
    detection(evidence, waitedShare),
    outage(evidence),
    patience(evidence),
  ];
  return [generator(evidence) ?? [], servers, others.flatMap((limit) => limit ?? [])].flat();
}

function sumOf({ waitingS, authenticatingS, connectingS, gettingReadyS }: LostTime): number {
  return waitingS + authenticatingS + connectingS + gettingReadyS;
}

function isDeciding(partS: number, lost: LostTime): boolean {
  return partS > 0 && partS >= sumOf(lost) * DECIDING_SHARE;
}

function outageS({ storm: { outage: lacking, affected } }: LimitEvidence): number {
  return lacking === null ? 0 : (affected * lacking.forMs) / 1000;
}

/** Of the lost time, less the outage and those who stopped; null where it decides nothing. */
function waitingShare(evidence: LimitEvidence): number | null {
  const { lost } = evidence;
  const share = (lost.waitingS - outageS(evidence) - lostByStoppedS(evidence)) / sumOf(lost);
  return share >= DECIDING_SHARE ? share : null;
}

function perDevice({ connectAttempts, affected }: LimitEvidence["storm"]): string {
  return `${(connectAttempts / affected).toFixed(2)} attempts to connect per device`;
}

/** At most: when each of them stopped is not known. */
function lostByStoppedS({ storm, stretches }: LimitEvidence): number {
  return (storm.stopped * stretches.length * STRETCH_MS) / 1000;
}

interface Plateau {
  perS: number;
  ms: number;
  /** Of all stretches in which anything was done. */
  share: number;
  most: number;
}

/**
 * The longest time in which a server always had somebody waiting and did the same in each stretch: so much is what it can do. Null where
 * there was none that is long enough.
 */
function plateauOf(
  stretches: readonly LoadStretch[],
  rateOf: (stretch: LoadStretch) => number,
  waitingOf: (stretch: LoadStretch) => number,
): Plateau | null {
  const isBusy = stretches.map(
    (one) => rateOf(one) > 0 && waitingOf(one) >= (rateOf(one) * QUEUED_MS) / 1000,
  );
  const working = stretches.filter((one) => rateOf(one) > 0).length;
  let longest: LoadStretch[] = [];
  for (let from = 0; from < stretches.length; from++) {
    if (!isBusy[from]) continue;
    let end = from;
    while (end < stretches.length && isBusy[end]) end++;
    const flat = longestFlat(stretches.slice(from, end), rateOf);
    if (flat.length > longest.length) longest = flat;
    from = end;
  }
  if (longest.length < FLAT_STRETCHES) return null;
  return {
    perS: longest.reduce((sum, one) => sum + rateOf(one), 0) / longest.length,
    ms: longest.length * STRETCH_MS,
    share: longest.length / working,
    most: Math.max(...longest.map(waitingOf)),
  };
}

/** By Little's law it is how long one waits: what is shorter is no queue. */
const QUEUED_MS = 50;

function longestFlat(
  stretches: readonly LoadStretch[],
  rateOf: (stretch: LoadStretch) => number,
): LoadStretch[] {
  const rates = stretches.map(rateOf);
  let [bestFrom, bestEnd] = [0, 0];
  for (let from = 0; from + bestEnd - bestFrom < rates.length; from++) {
    let [low, high, end] = [Number.POSITIVE_INFINITY, 0, from];
    for (; end < rates.length; end++) {
      low = Math.min(low, rates[end] as number);
      high = Math.max(high, rates[end] as number);
      if (high > low * FLAT_RATIO) break;
    }
    if (end - from > bestEnd - bestFrom) [bestFrom, bestEnd] = [from, end];
  }
  return stretches.slice(bestFrom, bestEnd);
}
