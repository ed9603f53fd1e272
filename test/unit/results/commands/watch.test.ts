import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand } from "../../../../results/src/commands/program.ts";
import { NewestRun } from "../../../../results/src/directory/newest-run.ts";
import { record, TIME_ZERO_MS, temporaryDirectory, writeRun } from "../../../support/run-files.ts";
import { spiralWorker } from "../../../support/synthetic-run.ts";

/** The command while it runs; it ends as by Ctrl-C. */
function watch(...args: string[]) {
  const said = { out: "", err: "" };
  const code = runCommand(["watch", ...args], {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    colour: false,
  });
  const url = async (): Promise<string> => {
    await expect.poll(() => said.out).toContain("(Ctrl-C ends it)");
    return /http:\S+/.exec(said.out)?.[0] ?? "";
  };
  const end = (): Promise<number> => {
    process.emit("SIGINT", "SIGINT");
    return code;
  };
  return { said, code, url, end };
}

/** The first event of the stream. */
async function firstView(url: string): Promise<{ title: string; parts: Record<string, string> }> {
  const answer = await fetch(`${url}events`);
  let text = "";
  for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    const data = /\ndata: (.*)\n\n/.exec(text)?.[1];
    if (data !== undefined) return JSON.parse(data);
  }
  throw new Error(`no event: ${text}`);
}

describe("watch", () => {
  it("shows a run that ended, with its report, until Ctrl-C", async () => {
    const directory = writeRun([spiralWorker("1")]);
    const { said, url, end } = watch(directory);
    const address = await url();
    expect(said.out).toMatch(/^Showing \S+t-synthetic\nhttp:\/\/127\.0\.0\.1:\d+\/ \(Ctrl-C ends it\)\n$/);
    const { title, parts } = await firstView(address);
    expect(title).toBe("ended · mass reconnect t-synthetic");
    expect(parts["storm-1"]).toContain("Storm 1");
    const report = await (await fetch(`${address}report`)).text();
    expect(report).toContain("<!doctype html>");
    expect(report).toContain("Metastable");
    expect(await end()).toBe(0);
    await expect(fetch(address)).rejects.toThrow();
  });

  it("waits where no run has begun, says so, and turns to it", async () => {
    const output = join(temporaryDirectory(), "runs");
    const { said, url, end } = watch(output);
    const address = await url();
    expect(said.out).toMatch(/^Waiting for a run to begin in \S+runs: http:/);
    expect((await firstView(address)).title).toBe("Waiting for a run");
    writeRun([{ record: record({ state: "running", updatedAtMs: Date.now() }) }], output);
    await expect.poll(() => said.out, { timeout: 5000 }).toContain("Showing ");
    await expect
      .poll(async () => (await firstView(address)).title, { timeout: 5000 })
      .toBe("0 online · mass reconnect t-synthetic");
    expect(await (await fetch(`${address}report`)).text()).toContain("has not ended");
    expect(await end()).toBe(0);
  });

  it.each(["0", "x", "70000", "80 80"])("refuses the port %s", async (port) => {
    const { code, said } = watch(temporaryDirectory(), "--port", port);
    expect([await code, said.err]).toEqual([
      1,
      `--port: ${JSON.stringify(port)} is not allowed; allowed: a port from 1 to 65535\n`,
    ]);
  });

  it("says that a port is in use, and what to do", async () => {
    const other = createServer();
    const port = await new Promise<number>((done) => {
      other.listen(0, "127.0.0.1", () => done((other.address() as { port: number }).port));
    });
    const { code, said } = watch(temporaryDirectory(), "--port", String(port));
    expect([await code, said.err]).toEqual([
      1,
      `--port: port ${port} of 127.0.0.1 is in use; give another, or none for any that is free\n`,
    ]);
    other.close();
  });

  it("refuses a file", async () => {
    const path = join(temporaryDirectory(), "report.html");
    writeFileSync(path, "");
    const { code, said } = watch(path);
    expect([await code, said.err]).toEqual([
      3,
      `${path} is a file; give the directory of a run, or of all runs\n`,
    ]);
  });
});

describe("the newest run", () => {
  it("is the one that began last, also where another ended later, and turns to one that begins", () => {
    const output = temporaryDirectory();
    const newest = new NewestRun(output);
    expect(newest.find()).toBeNull();
    const at = (testRunId: string, startedAtMs: number): string =>
      writeRun([{ record: record({ testRunId, startedAtMs }) }], output);
    const second = at("b", TIME_ZERO_MS + 5000);
    at("a", TIME_ZERO_MS);
    mkdirSync(join(output, "no run"));
    expect(newest.find()).toBe(second);
    expect(newest.find()).toBe(second);
    const third = at("c", TIME_ZERO_MS + 9000);
    expect(newest.find()).toBe(third);
    expect(new NewestRun(second).find()).toBe(second);
    expect(new NewestRun(join(output, "no run")).find()).toBeNull();
  });
});
