import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runGrowth } from "../../benchmarks/peers/growth.ts";
import { runPeers } from "../../benchmarks/peers/run.ts";
import { runSteady } from "../../benchmarks/peers/steady.ts";
import { mosquittoAvailable } from "../support/broker.ts";

/** That every benchmark runs and leaves its file: at this size the figures mean nothing. */

const directory = mkdtempSync(join(tmpdir(), "bench-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const never = new AbortController().signal;

function rowsOf(file: string): Record<string, string>[] {
  const [header = "", ...lines] = readFileSync(file, "utf8").trim().split("\n");
  const columns = header.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((cell, i) => [columns[i], cell])));
}

describe
  .skipIf(!mosquittoAvailable())
  .concurrent("against a Mosquitto of its own, side by side: they mostly wait", () => {
    it("bench:peers measures the engine and MQTT.js, and says who is absent", async () => {
      const output = join(directory, "peers.csv");
      const text: string[] = [];
      const args = ["--devices", "20", "--rounds", "1", "--workloads", "config", "--output", output];
      const code = await runPeers(
        args,
        (line) => text.push(line),
        (line) => text.push(line),
        never,
      );
      expect([code, text.join("")]).toEqual([
        0,
        expect.stringContaining("config: min / median / max over rounds"),
      ]);
      const rows = rowsOf(output);
      expect(rows.map(({ client }) => client)).toEqual(["mqttjs", "engine", "mqttjs_at_once"]);
      for (const row of rows) {
        expect(Number(row["ready_per_s"])).toBeGreaterThan(0);
        expect(Number(row["storm_ready_per_s"])).toBeGreaterThan(0);
      }
    }, 180_000);

    it("bench:growth measures each size and number of threads", async () => {
      const output = join(directory, "growth.csv");
      expect(
        await runGrowth(
          ["--sizes", "10", "--threads", "1,3", "--rounds", "1", "--output", output],
          () => {},
          () => {},
          never,
        ),
      ).toBe(0);
      const rows = rowsOf(output);
      expect(rows.map(({ devices, threads }) => [devices, threads])).toEqual([
        ["10", "1"],
        ["10", "3"],
      ]);
      const [one, three] = rows.map(({ idle_rss_mb }) => Number(idle_rss_mb));
      expect(three).toBeGreaterThan((one ?? 0) + 50);
    }, 180_000);

    it("bench:steady samples memory through its storms", async () => {
      const output = join(directory, "steady.csv");
      const text: string[] = [];
      const args = [
        "--minutes",
        "0.2",
        "--devices",
        "20",
        "--storm-every",
        "4s",
        "--sample-every",
        "500ms",
        "--output",
        output,
      ];
      const hear = (line: string): void => void text.push(line);
      expect([await runSteady(args, hear, hear, never), text.join("")]).toEqual([
        0,
        expect.stringMatching(/memory since the second storm: -?[\d.]+ KB\/min/),
      ]);
      expect(text.join("").match(/^storm \d: 20 of 20 recovered/gm)).toHaveLength(3);
      expect(rowsOf(output).length).toBeGreaterThan(5);
    }, 180_000);
  });

describe("the command line", () => {
  it.each([
    [["--devices", "many"], "A whole number from 1 to 19000 is expected"],
    [
      ["--clients", "engine,nosuch"],
      "Allowed are mqttjs, engine, limit_500, limit_all, mqttjs_at_once, emqtt_bench, mqttx, k6",
    ],
    [["--workloads", "all"], "Allowed are subscribe, config"],
    [["--base", "nosuch"], "Allowed are mqttjs, engine"],
  ])("refuses %j", async (args, message) => {
    const text: string[] = [];
    const hear = (line: string): void => void text.push(line);
    expect(await runPeers(args, hear, hear, never)).toBe(1);
    expect(text.join("")).toContain(message);
  });

  it.skipIf(!mosquittoAvailable())("refuses ratios to a client that takes no part", async () => {
    const text: string[] = [];
    const hear = (line: string): void => void text.push(line);
    expect(await runPeers(["--clients", "mqttjs", "--base", "mqttjs,engine"], hear, hear, never)).toBe(1);
    expect(text.join("")).toBe("--base: engine takes no part\n");
  });

  it.each([
    [runSteady, ["--storm-every", "often"], 'a duration: "500ms"'],
    [runSteady, ["--minutes", "-1"], "A number above 0 is expected"],
    [runGrowth, ["--sizes", "1000,many"], "A whole number from 1 to 19000 is expected"],
    [runGrowth, ["--threads", "0"], "A whole number from 1 to 64 is expected"],
    [runGrowth, ["extra"], "too many arguments"],
  ])("%o refuses %j", async (run, args, message) => {
    const text: string[] = [];
    const hear = (line: string): void => void text.push(line);
    expect(await run(args, hear, hear, never)).toBe(1);
    expect(text.join("")).toContain(message);
  });
});
