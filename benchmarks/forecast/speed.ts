import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { exited, spawnOwn } from "../peers/own-child.ts";

/** What one forecast took, its files included. */
export interface SpeedRow {
  devices: number;
  seconds: number;
  virtualSeconds: number;
  events: number;
  peakRssBytes: number;
}

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const SCRIPT = resolve(FOLDER, "../../scenarios/mass-reconnect.yml");
/** A million devices need more than Node takes by itself on a small machine. */
const HEAP_MB = 4096;

/**
 * One forecast of `mass-reconnect.yml` with so many devices, in a process of its own: none inherits another's heap.
 *
 * @throws an Error with what the process said, where it did not end well
 */
export async function measureSpeed(devices: number): Promise<SpeedRow> {
  const directory = mkdtempSync(join(tmpdir(), "bench-forecast-"));
  try {
    const child = spawnOwn(
      process.execPath,
      [
        `--max-old-space-size=${HEAP_MB}`,
        join(FOLDER, "speed-child.ts"),
        SCRIPT,
        String(devices),
        join(directory, "run"),
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    let out = "";
    let err = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      err = (err + text).slice(-2000);
    });
    const code = await exited(child);
    if (code !== 0) throw new Error(`${devices} devices: the forecast ended with ${code}: ${err.trim()}`);
    return JSON.parse(out) as SpeedRow;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function speedTable(rows: readonly SpeedRow[]): string {
  const lines = rows.map(({ devices, seconds, virtualSeconds, events, peakRssBytes }) =>
    [
      devices.toLocaleString("en").padStart(11),
      seconds.toFixed(2).padStart(11),
      (virtualSeconds / seconds).toFixed(1).padStart(22),
      ((events / seconds) * 1e-6).toFixed(2).padStart(16),
      (peakRssBytes / 1024 ** 2).toFixed(0).padStart(14),
    ].join(""),
  );
  return ["    devices    seconds  virtual seconds per s  million events/s  peak RSS, MB", ...lines].join(
    "\n",
  );
}
