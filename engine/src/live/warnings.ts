import { log, suggestExitCode } from "../artillery.ts";
import { NO_DEVICE_STARTED } from "../contract.ts";
import type { ShortList } from "../script/environment.ts";

/** What a worker says before the first virtual user, and what it says when something is amiss later. */

/** Said once: devices cost more processor time than they could. */
export function slowTcpWarning(problem: string): string {
  return `mqtt: plain TCP goes over net.Socket, at more processor time per device: Node's own TCP handle cannot be used here (${problem})`;
}

export const INSECURE_WARNING =
  "mqtt: WARNING: insecure TLS (config.engines.mqtt.tls.insecure, config.tls.rejectUnauthorized: false, or -k): the broker's certificate is NOT verified; anyone on the way can read passwords and payloads";

/** @param cohort a scenario in which an answer cannot be told from that to an earlier request */
export function uncorrelatedWarning(cohort: string): string {
  return `mqtt: WARNING: scenario ${JSON.stringify(cohort)}: config requests without correlation: an answer to a request that a device has given up counts for the next one, with too short a time; put {{ requestId }} into topic and responseTopic, or set correlation`;
}

/** Artillery merges lists of an environment item by item, so the last items of the script's own stay. */
export function shortListWarning({ environment, path, given, merged }: ShortList): string {
  const item = path.slice(path.lastIndexOf(".") + 1);
  return `mqtt: WARNING: environment ${environment} lists ${given} of ${path} and the run has ${merged}: Artillery merges lists item by item, and the script's own remain behind; to take one out, write null in its place (${item}: [ …, null ])`;
}

/** @param otherRun its test run id */
export function sameIdsWarning(otherRun: string): string {
  return `mqtt: WARNING: run ${otherRun} has devices with the same client ids at this broker: the two take each other's sessions; give one of them a clientIdPrefix, or, where both are parts of one fleet, another MQTT_FLEET_INDEX`;
}

/** Said once, when the first of them is ended. */
export const HALF_OPEN_WARNING =
  'mqtt: WARNING: half-open connections of a silent storm are ended with RST ("half_open_reset"), one of each device at most and no more than there are open files and local ports for: brokers hear of the loss before they would have';

/** @param reason a code of Node's or OpenSSL's */
export function badCertificateWarning(reason: string): string {
  return `mqtt: a device's connect.cert or connect.key cannot be used (${reason}): refused as "tls_client_certificate"`;
}

/** Exit code of a run in which no device of a worker was ever online. */
export const NEVER_ONLINE_EXIT_CODE = 2;

/** @param problems one for each target, which it names */
export function unreachableSentence(problems: readonly string[], hasWaited: boolean): string {
  const wait = hasWaited
    ? ""
    : " (probe: { for: 30s } waits for a target, probe: false goes without this check)";
  return `mqtt: ${NO_DEVICE_STARTED}${problems.join("; and ")}${wait}`;
}

export function probeWarning(problem: string): string {
  return `mqtt: WARNING: before the first device: ${problem}`;
}

/**
 * @param urls what the devices tried to connect to
 * @param refused how often each reason refused a connection, by cohort
 */
export function warnOfNeverOnline(
  devices: number,
  urls: readonly string[],
  refused: readonly Readonly<Record<string, number>>[],
): void {
  log(`mqtt: none of ${devices} devices was ever online; ${neverOnlineCause(urls, refused)}`);
  suggestExitCode(NEVER_ONLINE_EXIT_CODE);
}

/** What most attempts failed with says more than a question, where it is known to have one cause. */
export function neverOnlineCause(
  urls: readonly string[],
  refused: readonly Readonly<Record<string, number>>[],
): string {
  const sums = new Map<string, number>();
  for (const [reason, times] of refused.flatMap(Object.entries))
    sums.set(reason, (sums.get(reason) ?? 0) + times);
  const [most] = [...sums].sort(([, a], [, b]) => b - a);
  const targets = urls.join(" or ");
  if (most?.[0] !== "tls_certificate") return `is ${targets} the right target?`;
  return `the certificate of ${targets} is not trusted, or of another name (tls_certificate): give its authority as config.engines.mqtt.tls.ca and its name as tls.serverName, or do without verification: tls.insecure, or -k`;
}
