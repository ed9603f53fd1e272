import { BlockList, isIP } from "node:net";
import type { ScriptNeeds } from "artillery-engine-mqtt/check";
import { count as words } from "../judge/number-words.ts";

/** What is asked of a launch, beside its script. */
export interface LaunchSize {
  containers: number;
  /** The user knows how large it is. */
  isConfirmed: boolean;
  /** AWS is emulated on this machine, and so may the broker be on it. */
  isEmulated: boolean;
}

/**
 * Open files of one container: the default of Fargate, which Artillery would lower to 8192.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Ulimit.html
 */
export const OPEN_FILES = 65_535;

/** Artillery, its modules, the results' files. */
const OTHER_FILES = 500;

/** Ports of one container for connections to one broker: Linux' `net.ipv4.ip_local_port_range`, 32768 to 60999. */
const LOCAL_PORTS = 28_232;

/** More devices than that are started only when the user says so: whoever they hit may not expect them. */
export const CONFIRM_DEVICES = 50_000;

export function containersInWords(containers: number): string {
  return `${words(containers)} ${containers === 1 ? "container" : "containers"}`;
}

/** Why this script is not launched so, with what is allowed; empty where it can be. */
export function launchProblems(needs: ScriptNeeds, size: LaunchSize): string[] {
  return [
    ...placeProblems(needs, size),
    ...(needs.devices === null ? [] : roomProblems(needs, needs.devices)),
    ...confirmation(needs.devices, size),
  ];
}

function placeProblems(needs: ScriptNeeds, { isEmulated, containers }: LaunchSize): string[] {
  const problems: string[] = [];
  if (needs.endsEarly && containers > 1) {
    problems.push(
      "config.engines.mqtt.endWhenRecovered: is for one machine: several containers would each end at a time of their own; " +
        "allowed: leave it out, or --count 1",
    );
  }
  if (needs.usesLab) {
    problems.push(
      "config.target, before: lab: each container would start a broker or a config service of its own; " +
        "allowed: a broker that all containers reach (--target mqtt://host:port), and no lab step",
    );
  }
  if (needs.timeZero === "local") {
    problems.push(
      "config.engines.mqtt.timeZero: local: each container would have a time zero of its own; " +
        "allowed: leave it out, or an instant",
    );
  }
  const local = needs.targets.filter(({ host }) => isLoopback(host));
  if (!isEmulated && local.length > 0) {
    const urls = local.map(({ url }) => url).join(", ");
    problems.push(
      `config.target: ${urls}: each container would call itself; allowed: an address of the broker`,
    );
  }
  return problems;
}

/** Addresses by which a machine reaches itself; IPv4 in IPv6 is found by its IPv4. */
const OWN_ADDRESSES = new BlockList();
OWN_ADDRESSES.addSubnet("127.0.0.0", 8, "ipv4");
OWN_ADDRESSES.addAddress("0.0.0.0", "ipv4");
OWN_ADDRESSES.addAddress("::1", "ipv6");
OWN_ADDRESSES.addAddress("::", "ipv6");

/** However it is spelled: a host of http is brought to one form (`127.1`, `0x7f.1`), which that of another scheme is not. */
function isLoopback(host: string): boolean {
  const url = `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}`;
  if (!URL.canParse(url)) return false;
  const name = new URL(url).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  // https://www.rfc-editor.org/rfc/rfc6761#section-6.3
  if (/(^|\.)localhost$/.test(name)) return true;
  const family = isIP(name);
  return family !== 0 && OWN_ADDRESSES.check(name, family === 6 ? "ipv6" : "ipv4");
}

function roomProblems({ descriptorsPerDevice, targets }: ScriptNeeds, devices: number): string[] {
  const files = Math.floor((OPEN_FILES - OTHER_FILES) / descriptorsPerDevice);
  const ports = LOCAL_PORTS * Math.max(1, targets.length);
  const [most, of] = files < ports ? [files, "open files"] : [ports, "local ports"];
  if (devices <= most) return [];
  return [
    `config.phases: ${words(devices)} devices in each container; allowed: at most ${words(most)}, for its ${of}: ` +
      "lower the phases' rates and give a higher --count",
  ];
}

function confirmation(devices: number | null, { containers, isConfirmed }: LaunchSize): string[] {
  if (isConfirmed) return [];
  if (devices === null) {
    return ["--yes: is missing: the phases do not say how many devices there will be; add it where you know"];
  }
  const all = devices * containers;
  if (all <= CONFIRM_DEVICES) return [];
  return [
    `--yes: is missing: ${words(all)} devices (${containersInWords(containers)} of ${words(devices)}) will connect at once, ` +
      `and more than ${words(CONFIRM_DEVICES)} are started only with it`,
  ];
}
