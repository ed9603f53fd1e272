import { createRequire } from "node:module";
import { cpus, type as osType, release, totalmem } from "node:os";

/** Facts about the machine that ran everything. */
export function machineFacts(): Record<string, string> {
  const all = cpus();
  return {
    CPU: `${all.length} x ${all[0]?.model.trim() ?? "unknown"}`,
    Memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    System: `${osType()} ${release()}`,
  };
}

/** Versions of what made the load. */
export function softwareFacts(): Record<string, string> {
  return {
    Node: process.version,
    "artillery-engine-mqtt": versionOf("artillery-engine-mqtt"),
    artillery: versionOf("artillery"),
  };
}

function versionOf(name: string): string {
  const require = createRequire(import.meta.url);
  for (const directory of require.resolve.paths(name) ?? []) {
    try {
      return (require(`${directory}/${name}/package.json`) as { version: string }).version;
    } catch {
      // The package is not in this directory.
    }
  }
  return "not found";
}
