/** What is reported of config requests, held against a back end that knows how old each answer was. */
import { afterEach, describe, expect, it } from "vitest";
import { ASKS_ON_CONNECT, endSimulation, SimulatedRun, SUBSCRIBES } from "../../support/simulated-run.ts";

afterEach(endSimulation);

const TIMEOUT_MS = 2000;

/** 100 devices that ask again on the same connection; the back end needs 5 s for one question of each. */
function slowBackEnd(request: object): SimulatedRun {
  const [subscribe] = SUBSCRIBES.onConnect;
  return new SimulatedRun(
    {
      devices: 100,
      arrivalRate: 10,
      mqtt: {
        reconnect: { policy: "full-jitter", base: "1s", cap: "5s" },
        storms: [{ at: "12s", fraction: 1, window: "40s" }],
      },
      scenarios: [
        {
          ...ASKS_ON_CONNECT,
          onConnect: [
            {
              request: {
                topic: "config/{{ deviceId }}/get",
                responseTopic: "config/{{ deviceId }}",
                timeout: "2s",
                onTimeout: "retry",
                ...request,
              },
            },
            subscribe,
          ],
        },
      ],
    },
    { answersPerS: 20 },
  );
}

async function measured(run: SimulatedRun) {
  const { totals, latencyMs, warnings } = await run.end();
  const ages = run.broker.answerAgesMs;
  // The way takes it two milliseconds more.
  const inTime = ages.filter((age) => age + 2 <= TIMEOUT_MS).length;
  expect(ages.length - inTime).toBeGreaterThan(30);
  return { totals, warnings, inTime, late: ages.length - inTime, configTime: latencyMs.configRequest };
}

describe("an answer to a request that the device has given up", () => {
  it.each([
    [
      "by its topic",
      {
        topic: "config/{{ deviceId }}/get/{{ requestId }}",
        responseTopic: "config/{{ deviceId }}/{{ requestId }}",
      },
    ],
    ["by its place", { correlation: "order" }],
  ])("is told %s: never counted as in time, never timed", async (_how, request) => {
    const { totals, inTime, late, configTime, warnings } = await measured(slowBackEnd(request));
    // An answer in time may come to a device that has taken another one's answer: by then it is late.
    expect(totals.configResponses).toBeLessThanOrEqual(inTime);
    expect(totals.configResponses).toBeGreaterThan(inTime * 0.8);
    expect(totals.lateResponses).toBeGreaterThanOrEqual(late);
    expect(totals.configResponses + totals.lateResponses).toBe(inTime + late);
    expect(configTime.count).toBe(totals.configResponses);
    expect(warnings).toEqual([]);
  });

  it("cannot be told without correlation, which is said before the run and in the results", async () => {
    const run = slowBackEnd({});
    const { totals, inTime, warnings } = await measured(run);
    expect(totals.configResponses).toBeGreaterThan(inTime);
    expect(run.lines[0]).toMatch(
      /^mqtt: WARNING: scenario "asks on connect": config requests without correlation/,
    );
    expect(warnings).toEqual([
      expect.stringMatching(/^cohort asks on connect cannot tell an answer from that to an earlier request/),
    ]);
  });
});
