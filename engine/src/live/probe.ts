import type { IConnectPacket } from "mqtt-packet";
import { connectPacket, credentialsProblem } from "../device/connect-packet.ts";
import { call, type Time } from "../device/port.ts";
import type { FleetPlan } from "../script/plan.ts";
import { connectsAsFleet, hasOwnCertificates } from "../script/steps/connect.ts";
import { credentialsOf, type UrlTarget } from "../script/target.ts";
import { readPortPool } from "../transport/host-limits.ts";
import { anyAddress, givenAddresses } from "../transport/local-end.ts";
import { createOpener } from "../transport/open.ts";
import type { PemReader } from "../transport/pem.ts";
import type { TcpKind } from "../transport/tcp.ts";
import type { TlsMaterial } from "../transport/tls-material.ts";
import type { OpenTransport } from "../transport/transport.ts";
import { openerOptions } from "./opener-options.ts";
import { attemptProbe } from "./probe-attempt.ts";
import { findingOf, type ProbeFinding, type SharedConnect } from "./probe-finding.ts";

/** A black hole ends the run after so long, though devices would wait longer. */
const MOST_MS = 5000;
/** What failed is tried once more after so long: a broker may be restarting, or a packet was lost. */
const AGAIN_MS = 1000;
/** Whoever waits for a target hears of it so often. */
const SAID_MS = 5000;

/** One target, and what is tried of it. */
export interface ProbedTarget {
  /** It may be shown. */
  url: string;
  open: OpenTransport;
  connect: IConnectPacket | null;
  mostMs: number;
  maxPacketBytes: number;
}

export interface ProbeOptions {
  targets: readonly ProbedTarget[];
  shared: SharedConnect;
  /** A target that is not there yet is waited for so long. */
  forMs: number;
  time: Time;
  say(line: string): void;
}

/** What was found, one line for each target; both empty where all is well. */
export interface ProbeResult {
  /** With any of these no device would come online. */
  problems: string[];
  /** These may be none of the devices. */
  warnings: string[];
}

/** Tries each target once before there is any device. The lab's are not: it has been started for this run. */
export async function probeTargets(options: ProbeOptions): Promise<ProbeResult> {
  const result: ProbeResult = { problems: [], warnings: [] };
  await Promise.all(
    options.targets.map(async (target) => {
      const finding = await probeOne(target, options);
      if (finding === null) return;
      (finding.certain ? result.problems : result.warnings).push(sentence(target, finding));
    }),
  );
  return result;
}

async function probeOne(target: ProbedTarget, options: ProbeOptions): Promise<ProbeFinding | null> {
  const { shared, forMs, time, say } = options;
  const begunMs = time.now();
  let saidMs = begunMs;
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptProbe(target, time);
    const finding = findingOf(outcome, shared);
    const passedMs = time.now() - begunMs;
    if (finding === null) {
      if (saidMs > begunMs) say(`mqtt: ${target.url} is there after ${seconds(passedMs)}`);
      return null;
    }
    const waits = passedMs + AGAIN_MS <= forMs;
    // What took so long to fail, and what is no failure for sure, is not better for being tried again.
    const again = attempt === 1 && finding.certain && outcome.kind !== "silent";
    if (!waits && !again) return finding;
    if (waits && (attempt === 1 || time.now() - saidMs >= SAID_MS)) {
      saidMs = time.now();
      say(`mqtt: waiting for ${target.url}: ${finding.said}; ${seconds(forMs - passedMs)} more at most`);
    }
    await pause(AGAIN_MS, time);
  }
}

function pause(ms: number, time: Time): Promise<void> {
  return new Promise((resolve) => {
    time.wake(ms, call, resolve, undefined);
  });
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

function sentence({ url }: ProbedTarget, { said, advice }: ProbeFinding): string {
  return `${url}: ${said}${advice === "" ? "" : `; ${advice}`}`;
}

export interface ProbeParts {
  plan: FleetPlan;
  material: TlsMaterial;
  readPem: PemReader;
  tcp: TcpKind;
  /** Of the probe's client id, 8 characters. */
  random: string;
}

/** What is tried of the targets of a script; empty where the script goes without. */
export function probesOf({ plan, material, readPem, tcp, random }: ProbeParts): ProbedTarget[] {
  const { settings, regions } = plan;
  const all = regions === null ? [plan.target] : regions.list.map(({ target }) => target);
  if (settings.probe === null) return [];
  const ports = readPortPool();
  const local =
    settings.localAddresses === undefined
      ? anyAddress(ports)
      : givenAddresses(settings.localAddresses, ports);
  const openers = openerOptions(plan, material, readPem, tcp, local);
  const connect = connectOf(plan, random);
  // Who shows no certificate where each device has one is a stranger to the broker: nothing beyond TCP is tried.
  const isTcpOnly = plan.cohorts.some(({ flow }) => hasOwnCertificates(flow));
  return all
    .filter((target): target is UrlTarget => target.kind === "url")
    .map(({ url, endpoint }) => ({
      url,
      open: createOpener(isTcpOnly ? { ...endpoint, kind: "tcp" } : endpoint, { ...openers, resume: false }),
      connect,
      mostMs: Math.min(settings.connectTimeout, MOST_MS),
      maxPacketBytes: settings.maxPacketSize,
    }));
}

/**
 * The CONNECT of all devices but for its client id, which is nobody's: it takes no device's session. Null where devices have
 * credentials or ids of their own: brokers ban who comes with wrong ones, and a function that makes them may be asked once alone. Null
 * as well with `timeZero: local`, which scripts have whose broker admits no client but the devices.
 */
function connectOf(
  { cohorts, target, settings, timeZero }: FleetPlan,
  random: string,
): IConnectPacket | null {
  const [first] = cohorts;
  if (first === undefined || timeZero.kind === "local" || !cohorts.every(({ flow }) => connectsAsFleet(flow)))
    return null;
  const { username = null, password = null } = credentialsOf(target, settings);
  const credentials = { clientId: `${settings.clientIdPrefix ?? ""}probe-${random}`, username, password };
  if (credentialsProblem(true, credentials) !== null) return null;
  const { protocolVersion, keepalive } = first.client;
  return connectPacket(
    {
      protocolVersion,
      clean: true,
      keepaliveMs: keepalive,
      sessionExpiryS: 0,
      receiveMaximum: 65_535,
      maxPacketBytes: settings.maxPacketSize,
      topicAliasMaximum: 0,
    },
    credentials,
  );
}

/** What a refusal of the probe says of every device. */
export function sharedConnectOf({ cohorts }: FleetPlan): SharedConnect {
  return { version: new Set(cohorts.map(({ client }) => client.protocolVersion)).size === 1 };
}
