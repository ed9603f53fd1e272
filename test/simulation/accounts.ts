import type { Regions } from "../../engine/src/region/regions.ts";
import type { Network } from "./network.ts";
import { type Gains, same } from "./shared-recorder.ts";
import type { User } from "./user.ts";
import { Violation } from "./violation.ts";

export interface Accounts {
  /** What each cohort gained. */
  readonly gains: readonly Gains[];
  readonly users: readonly User[];
  readonly network: Network;
  readonly regions: Regions | null;
}

/** What was counted adds up: of itself, with what devices know, and with what the network saw. All devices have ended. */
export function checkAccounts({ gains, users, network, regions }: Accounts): void {
  gains.forEach((own, cohort) => {
    const devices = users.filter(({ device }) => device.cohort === cohort).map(({ device }) => device);
    const { connectAttempts, connectsAccepted, connectsRefused, disconnects, serverDisconnects } =
      own.counters;
    const abandoned = sum(devices, (device) => device.abandoned);
    same("attempts", connectAttempts, connectsAccepted + connectsRefused + abandoned);
    const begun = sum(devices, (device) => device.attempt.count);
    same("attempts by device", connectAttempts, begun);
    same("refusals by name", own.refused, connectsRefused);
    same("disconnects by cause", own.disconnects, disconnects);
    same("disconnects", disconnects, connectsAccepted);
    same("server disconnects by name", own.serverDisconnects, serverDisconnects);
  });
  const attempts = sum(gains, ({ counters }) => counters.connectAttempts);
  if (network.opened > attempts) throw new Violation("more connections than attempts");
  checkBytes(gains, network);
  if (regions === null) return;
  const accepted = sum(Object.values(regions.counts.byName()), ({ connectsAccepted }) => connectsAccepted);
  const known = sum(gains, ({ counters }) => counters.connectsAccepted);
  same("accepted by region", accepted, known);
}

/** None where connections carry packets. */
function checkBytes(gains: readonly Gains[], { bytes }: Network): void {
  const sent = sum(gains, ({ counters }) => counters.bytesSent);
  same("bytes sent", sent, bytes.sent);
  // Whom a silent storm took hears nothing.
  const received = sum(gains, ({ counters }) => counters.bytesReceived);
  if (received > bytes.heard) throw new Violation(`${received} bytes were heard, and ${bytes.heard} came`);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
