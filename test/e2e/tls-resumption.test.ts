import { describe, expect, it } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { readSummary } from "../support/summary.ts";

/** Fewer devices, sooner. */
const SMALL = JSON.stringify({
  config: {
    phases: [{ duration: 2, arrivalRate: 60 }],
    engines: {
      mqtt: {
        reconnect: { base: "1s" },
        storms: [{ at: "4s", fraction: 1, cause: "reset", window: "4s" }],
      },
    },
  },
});

describe("TLS session resumption: two cohorts, one storm", () => {
  it("tls-resumption.yml tells full and resumed handshakes apart", async () => {
    const result = await runArtillery("scenarios/tls-resumption.yml", { args: ["--overrides", SMALL] });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const { storms, totals, latencyMs, fleet, tls } = readSummary(result);
    const resuming = fleet.cohorts["resumed handshake"] as number;
    expect(fleet.devices).toBe(120);
    expect(storms[0]).toMatchObject({ affected: 120, verdict: "recovered" });
    // Every first connection is full; of the storm's only those of the other cohort.
    expect(totals).toMatchObject({ tlsFull: 240 - resuming, tlsResumed: resuming, connectsRefused: 0 });
    expect(latencyMs.tlsFull.count).toBe(240 - resuming);
    expect(latencyMs.tlsResumed.count).toBe(resuming);
    expect(tls).toEqual({ insecure: false });
    expect(result.stdout).toContain("TLS, resumed");
  });

  it("insecure is said aloud, in the log and in the summary", async () => {
    const overrides = JSON.stringify({
      config: {
        phases: [{ duration: 1, arrivalRate: 5 }],
        engines: {
          mqtt: {
            tls: { insecure: true },
            reconnect: { base: "500ms" },
            storms: [{ at: "2s", fraction: 1, cause: "reset", window: "3s" }],
          },
        },
      },
    });
    const result = await runArtillery("scenarios/tls-resumption.yml", { args: ["--overrides", overrides] });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(readSummary(result).tls).toEqual({ insecure: true });
    expect(result.stdout).toContain("certificate is NOT verified");
    expect(result.stdout).toContain("INSECURE TLS");
  });
});
