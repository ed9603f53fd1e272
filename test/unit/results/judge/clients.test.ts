/** What is judged and told of cohorts whose devices have different clients. */
import type { CohortClient } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { consoleSummary } from "../../../../results/src/console/summary.ts";
import { clientSection } from "../../../../results/src/report/clients.ts";
import { record, storm, stormCohort, TIME_ZERO_MS } from "../../../support/run-files.ts";
import { summaryOf } from "../../../support/synthetic-run.ts";

const client = (changes: Partial<CohortClient> = {}): CohortClient => ({
  protocolVersion: 4,
  keepaliveMs: 60_000,
  connectTimeoutMs: 10_000,
  ackTimeoutMs: 20_000,
  clean: true,
  sessionExpiryMs: null,
  resubscribe: "auto",
  receiveMaximum: null,
  topicAliasMaximum: null,
  serverReference: null,
  reconnect: { preset: "mqttjs", policy: "fixed", baseMs: 1000, resetAfter: "connack" },
  longestBackoffMs: 1000,
  ...changes,
});

const HASTY = client();
const PATIENT = client({
  protocolVersion: 5,
  keepaliveMs: 0,
  clean: false,
  sessionExpiryMs: 3_600_000,
  reconnect: {
    preset: null,
    policy: "exponential",
    baseMs: 2000,
    capMs: 60_000,
    resetAfter: { connectedMs: 5000 },
  },
  longestBackoffMs: 60_000,
});

/** 100 devices each, of which nobody comes back in a window of 20 s. */
const worker = (clients: Record<string, CohortClient> | undefined, workerId = "1") => ({
  record: record({
    workerId,
    longestBackoffMs: 60_000,
    cohorts: { hasty: { devices: 100, everOnline: 100 }, patient: { devices: 100, everOnline: 100 } },
    clients,
    storms: [
      storm({
        cohorts: {
          hasty: stormCohort({ fleet: 100, affected: 100, recovered: 0 }),
          patient: stormCohort({ fleet: 100, affected: 100, recovered: 0 }),
        },
      }),
    ],
  }),
  timeline: [{ t_ms: TIME_ZERO_MS, cohort: "hasty", connects_accepted: 100 }],
});

describe("cohorts with clients of their own", () => {
  it("are each judged by how long their own devices may wait", () => {
    const [judged] = summaryOf([worker({ hasty: HASTY, patient: PATIENT })]).storms;
    expect(judged?.cohorts["hasty"]).toMatchObject({ verdict: "stalled", verdictAbsence: null });
    expect(judged?.cohorts["patient"]).toMatchObject({ verdict: null, verdictAbsence: "window-too-short" });
    expect(judged).toMatchObject({ verdict: null, verdictAbsence: "window-too-short" });
    // As files of older engines are: all by the longest of the fleet.
    const [older] = summaryOf([worker(undefined)]).storms;
    expect(older?.cohorts["hasty"]).toMatchObject({ verdict: null, verdictAbsence: "window-too-short" });
  });

  it("are told apart on the console and in the report; where all are alike the console says nothing", () => {
    const mixed = summaryOf([worker({ hasty: HASTY, patient: PATIENT })]);
    const printed = consoleSummary(mixed, { colour: false, files: [] }).replace(/\s+/g, " ");
    expect(printed).toContain(
      "Clients hasty: MQTT 3.1.1; keepalive 60 s; clean session; gives an attempt up after 10 s; comes back by mqttjs, which begins anew at CONNACK",
    );
    expect(printed).toContain(
      "patient: MQTT 5; no keepalive; session kept, expires after 3600 s; gives an attempt up after 10 s; comes back by exponential 2 s to 60 s, which begins anew 5 s after CONNACK",
    );
    const cells = clientSection(mixed).html.match(/(?<=<td[^>]*>)[^<]*/g);
    expect(cells?.slice(7)).toEqual([
      "MQTT 5",
      "no keepalive",
      "session kept, expires after 3600 s",
      "10 s",
      "exponential 2 s to 60 s",
      "5 s after CONNACK",
      "60 s",
    ]);
    const alike = summaryOf([worker({ hasty: HASTY, patient: HASTY })]);
    expect(consoleSummary(alike, { colour: false, files: [] })).not.toContain("Clients");
  });

  it("are not told where the runs that were merged had different ones", () => {
    const same = summaryOf([
      worker({ hasty: HASTY, patient: PATIENT }),
      worker({ hasty: HASTY, patient: HASTY }, "2"),
    ]);
    expect(Object.keys(same.fleet.clients)).toEqual(["hasty"]);
  });
});
