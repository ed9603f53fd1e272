/** Devices of one fleet that share a client id, at a broker that ends the connection of the one for the other. */
import { describe, expect, it, onTestFinished } from "vitest";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { readSummary } from "../support/summary.ts";

/** 24 devices in sequence over 23 rows: the first and the last share an id, the others have their own. */
const ROWS = Array.from({ length: 23 }, (_, i) => `serial-${i}`).join("\n");

/** Artillery gives the first worker all of an arrivalCount. */
const ALL_TO_THE_FIRST: object[] = [{ duration: 1, arrivalCount: 24 }];

const script = (target: string, protocolVersion: 4 | 5, phases: object[]): object => ({
  config: {
    target,
    phases,
    payload: { path: "./serials.csv", fields: ["serial"], order: "sequence" },
    engines: {
      mqtt: {
        protocolVersion,
        reconnect: { policy: "full-jitter", base: "300ms", cap: "600ms" },
        storms: [{ at: "3s", fraction: 1, cause: "reset", window: "4s" }],
      },
    },
    plugins: { "mqtt-results": {} },
  },
  scenarios: [{ engine: "mqtt", flow: [{ connect: { clientId: "{{ serial }}" } }, { stayOnline: {} }] }],
});

describe.skipIf(!mosquittoAvailable())("two devices with one client id", () => {
  /** With Mosquitto's own count of what it did. */
  async function runOf(
    protocolVersion: 4 | 5,
    {
      phases = ALL_TO_THE_FIRST,
      severalWorkers = false,
    }: { phases?: object[]; severalWorkers?: boolean } = {},
  ): Promise<{ run: ArtilleryRun; takeovers: number }> {
    const broker = await Mosquitto.start();
    onTestFinished(() => broker.stop());
    const run = await runArtillery(script(broker.url, protocolVersion, phases), {
      files: { "serials.csv": ROWS },
      severalWorkers,
    });
    return { run, takeovers: broker.logged(/already connected, closing old connection/) };
  }

  it("are said before the run, counted as the broker counts them, and keep the verdict from standing", async () => {
    const [of311, of5, divided] = await Promise.all([
      runOf(4),
      runOf(5),
      // Three workers with all of the file each: every id is there three times, and in no worker twice.
      runOf(4, { phases: [{ duration: 1, arrivalRate: 24 }], severalWorkers: true }),
    ]);
    for (const { run, takeovers } of [of311, of5]) {
      const said = run.stdout + run.stderr;
      expect(said).toContain(
        'WARNING: scenarios[0].flow[0].connect.clientId: "{{ serial }}" takes the 23 rows of serials.csv in sequence for 24 devices: device-000000 and device-000023 have one client id',
      );
      const { storms, disconnects, warnings } = readSummary(run);
      expect(disconnects["session_taken_over"]).toBeGreaterThan(2);
      // The broker may take over what is left of a connection that the storm has reset, too.
      expect(disconnects["session_taken_over"]).toBeLessThanOrEqual(takeovers);
      expect(disconnects["closed"]).toBeUndefined();
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(
        /^devices of one fleet fight each other for client id "serial-0" \(device-0000(00 and device-000023|23 and device-000000)\): \d+ times/,
      );
      expect(storms).toMatchObject([{ verdict: null, verdictAbsence: "disturbed" }]);
      expect(storms[0]?.verdictReason).toContain('fight each other for client id "serial-0"');
      expect(run.code, said).toBe(5);
    }
    const said = divided.run.stdout + divided.run.stderr;
    expect(said).toContain("each of 3 worker threads begins with the first of them");
    expect(said.match(/devices of this fleet fight each other for client id/g)).toHaveLength(1);
    const { disconnects, storms } = readSummary(divided.run);
    expect(disconnects["session_taken_over"]).toBeGreaterThan(2);
    expect(disconnects["session_taken_over"]).toBeLessThanOrEqual(divided.takeovers);
    expect(storms).toMatchObject([{ verdict: null, verdictAbsence: "disturbed" }]);
  });
});
