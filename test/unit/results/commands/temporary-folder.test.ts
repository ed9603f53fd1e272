import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { inTemporaryFolder } from "../../../../results/src/commands/temporary-folder.ts";

const MODULE = new URL("../../../../results/src/commands/temporary-folder.ts", import.meta.url).href;

/** Runs the body of `work` in a process of its own, which sends itself signals. */
async function ended(work: string): Promise<{ code: unknown; signal: unknown; folder: string }> {
  const script = `import { writeFileSync, writeSync } from "node:fs";
import { inTemporaryFolder } from ${JSON.stringify(MODULE)};
await inTemporaryFolder("mqtt-test-", async (folder) => {
  writeFileSync(folder + "/key.pem", "secret");
  writeSync(1, folder);
  ${work}
});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [folder, [code, signal]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return { code, signal, folder };
}

describe("a temporary folder", () => {
  it("is of its owner alone, and gone in the end, also where the work fails", async () => {
    let made = "";
    const failed = inTemporaryFolder("mqtt-test-", async (folder) => {
      made = folder;
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(existsSync(made)).toBe(false);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"])("is gone after %s, which ends the process", async (name) => {
    const wait = "await new Promise((resolve) => setTimeout(resolve, 60_000));";
    const { signal, folder } = await ended(`process.kill(process.pid, "${name}"); ${wait}`);
    expect(signal).toBe(name);
    expect(folder).toMatch(/mqtt-test-\w+$/);
    expect(existsSync(folder)).toBe(false);
  });

  it("is gone where npm, which was waited for, heard the signal first", async () => {
    const { signal, folder } = await ended(
      'process.kill(process.pid, "SIGINT"); throw new Error("npm failed");',
    );
    expect(signal).toBe("SIGINT");
    expect(existsSync(folder)).toBe(false);
  });

  it("is left to work that hears the signal itself", async () => {
    const work = `await new Promise((resolve) => {
      const waiting = setTimeout(() => {}, 60_000);
      process.once("SIGINT", () => { clearTimeout(waiting); resolve(); });
      process.kill(process.pid, "SIGINT");
    });`;
    const { code, folder } = await ended(work);
    expect(code).toBe(0);
    expect(existsSync(folder)).toBe(false);
  });
});
