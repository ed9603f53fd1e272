import type { WorkerRecord } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { mergeObstacles } from "../../../../results/src/run/merge-obstacles.ts";
import { record, TIME_ZERO_MS } from "../../../support/run-files.ts";

const worker = (
  workerId: string,
  ordinal: number,
  process: string,
  changes: Partial<WorkerRecord> = {},
): WorkerRecord => record({ workerId, container: { ordinal, of: 3, process }, ...changes });

const LATER = { startedAtMs: TIME_ZERO_MS + 40_000, updatedAtMs: TIME_ZERO_MS + 90_000 };

describe("workers of a fleet on three containers", () => {
  it.each([
    ["one of each", [worker("0-1", 0, "a"), worker("1-1", 1, "b"), worker("2-1", 2, "c")]],
    ["two threads of one process", [worker("0-1", 0, "a"), worker("0-2", 0, "a")]],
    ["a container that came back", [worker("x-1", 0, "a"), worker("y-1", 0, "b", LATER)]],
    [
      "the same devices in a later run",
      [worker("0-1", 0, "a"), worker("0-1", 0, "b", { ...LATER, testRunId: "t-2" })],
    ],
    ["other containers of another run", [worker("0-1", 0, "a"), worker("1-1", 1, "b", { testRunId: "t-2" })]],
  ])("are added up: %s", (_what, records) => {
    expect(mergeObstacles(records)).toEqual([]);
  });

  it("are not where two processes were the same container at the same time", () => {
    const obstacles = mergeObstacles([worker("x-1", 1, "a"), worker("y-1", 1, "b"), worker("z-1", 2, "c")]);
    expect(obstacles).toEqual([
      "two processes of run t-synthetic were container 1 of 3 (counted from 0) at the same time, so that their devices had the same ids: give each its own MQTT_FLEET_INDEX, and run them again",
    ]);
  });

  it("are not with containers of another number", () => {
    const other = worker("3-1", 3, "d", { container: { ordinal: 3, of: 4, process: "d" } });
    expect(mergeObstacles([worker("0-1", 0, "a"), other])[0]).toContain(
      "containers of run t-synthetic were started as parts of fleets on 3 and 4 containers",
    );
  });

  it("are not with another run at the same time that has the same container, or the whole fleet", () => {
    for (const changes of [{}, { container: undefined }]) {
      const other = worker("0-1", 0, "b", { testRunId: "t-2", ...changes });
      expect(mergeObstacles([worker("0-1", 0, "a"), other])[0]).toMatch(
        /^run t-synthetic and run t-2 gave their devices the same client ids/,
      );
    }
  });
});
