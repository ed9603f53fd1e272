import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { whyNotPinned } from "../../../../benchmarks/peers/cores.ts";
import { exited, spawnOwn } from "../../../../benchmarks/peers/own-child.ts";

const reason = whyNotPinned();
if (reason !== null) console.warn(`skipped: a child on a core of its own: ${reason}`);

it.skipIf(reason !== null)(
  "a child on a core of its own is the program itself, and all its threads stay there",
  async () => {
    const child = spawnOwn(
      process.execPath,
      ["--eval", "process.send('up')"],
      { stdio: ["ignore", "ignore", "inherit", "ipc"] },
      1,
    );
    await new Promise((resolve) => child.once("message", resolve));
    const of = (file: string): string => readFileSync(`/proc/${child.pid}/${file}`, "utf8");
    expect(of("cmdline")).toContain("process.send");
    expect(of("cmdline")).not.toContain("taskset");
    expect(of("status")).toMatch(/^Cpus_allowed_list:\s+1$/m);
    child.kill("SIGKILL");
    await exited(child);
  },
);
