/** Vitest global set-up: whatever a test run writes lies in one folder of the system's, which goes when the run ends. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export default function setup(): () => void {
  const before = process.env["TMPDIR"];
  const folder = mkdtempSync(join(tmpdir(), "mqtt-test-"));
  // Brokers that give up root still have to reach their files below it.
  chmodSync(folder, 0o755);
  process.env["TMPDIR"] = folder;
  // Tests start Artillery and the lab a hundred times, each with the same modules: they are compiled once.
  process.env["NODE_COMPILE_CACHE"] = join(folder, "compiled");
  return () => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    delete process.env["NODE_COMPILE_CACHE"];
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 200 });
    } catch {
      // A process that is ending may still write what it has compiled: what is left is no failure of the tests.
    }
  };
}
