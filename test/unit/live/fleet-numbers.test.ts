import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished } from "vitest";
import { IdHolders } from "../../../engine/src/device/id-holders.ts";
import { FleetNumbers } from "../../../engine/src/live/fleet-numbers.ts";

describe("the numbers of a fleet", () => {
  it("count up from 0, each once", () => {
    const numbers = new FleetNumbers();
    expect([numbers.next(), numbers.next(), numbers.next(), numbers.count]).toEqual([0, 1, 2, 3]);
  });

  it("are the same for all that share their memory", () => {
    const one = new FleetNumbers();
    const two = new FleetNumbers(one.memory);
    expect([one.next(), two.next(), one.next(), two.count]).toEqual([0, 1, 2, 3]);
  });

  it("fix the fleet of a storm when it is first asked for, an empty one too", () => {
    const one = new FleetNumbers();
    const two = new FleetNumbers(one.memory);
    expect(one.countAt(1)).toBe(0);
    one.next();
    expect([two.countAt(1), two.countAt(2)]).toEqual([0, 1]);
    one.next();
    expect([one.countAt(1), one.countAt(2), one.countAt(100)]).toEqual([0, 1, 2]);
  });

  it("count each cohort by itself, and fix those that a storm chooses from", () => {
    const one = new FleetNumbers(FleetNumbers.memoryFor(3));
    const two = new FleetNumbers(one.memory);
    expect([one.nextInCohort(2), two.nextInCohort(2), two.nextInCohort(0)]).toEqual([0, 1, 0]);
    expect([two.countInCohortAt(2, 1), one.countInCohortAt(1, 1), one.countInCohortAt(2, 127)]).toEqual([
      2, 0, 2,
    ]);
    one.nextInCohort(2);
    one.nextInCohort(1);
    expect([one.countInCohortAt(2, 1), two.countInCohortAt(1, 1), one.countInCohortAt(2, 2)]).toEqual([
      2, 0, 3,
    ]);
    expect([0, 1, 2].map((cohort) => two.countInCohort(cohort))).toEqual([1, 1, 3]);
    // The fleet as a whole has words of its own.
    expect([one.count, one.countAt(1), one.claim(1)]).toEqual([0, 0, true]);
  });

  it("have room for the holders of client ids where any are followed", () => {
    expect(new FleetNumbers(FleetNumbers.memoryFor(2)).idHolders).toBeNull();
    const one = new FleetNumbers(FleetNumbers.memoryFor(2, IdHolders.bytesFor(10)));
    const [mine, others] = [one.idHolders, new FleetNumbers(one.memory).idHolders];
    const place = mine?.claim("gw", 0, 0) ?? -1;
    others?.claim("gw", 0, 1);
    expect(mine?.rivalOf(0, place)).toBe(1);
    // Nothing else stands there.
    one.nextInCohort(1);
    expect([one.count, one.countInCohort(0), one.countInCohort(1), one.ordinal]).toEqual([0, 0, 1, null]);
  });

  it("let one of all act for a storm", () => {
    const one = new FleetNumbers();
    const two = new FleetNumbers(one.memory);
    expect([two.claim(3), one.claim(3), one.claim(4), two.claim(4), two.claim(1)]).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});

/** A worker thread that joins the numbers of this process, draws some, and says which. */
function thread(isFirst: boolean, patienceMs = 10_000): Worker {
  const url = new URL("../../../engine/src/live/fleet-numbers.ts", import.meta.url).href;
  const code = `
    import { parentPort } from "node:worker_threads";
    import { FleetNumbers, sharedNumbers } from ${JSON.stringify(url)};
    try {
      const numbers = await sharedNumbers(${isFirst}, () => FleetNumbers.memoryFor(2), ${patienceMs});
      parentPort.postMessage("ready");
      parentPort.on("message", () => {
        parentPort.postMessage(Array.from({ length: 1000 }, () => numbers.next()));
      });
    } catch (error) {
      parentPort.postMessage(error.message);
    }
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { execArgv: [] });
  onTestFinished(async () => {
    await worker.terminate();
  });
  return worker;
}

it("worker threads that come one after the other have one set of numbers", async () => {
  const workers: Worker[] = [];
  for (const isFirst of [true, false, false]) {
    const worker = thread(isFirst);
    workers.push(worker);
    expect(await once(worker, "message")).toEqual(["ready"]);
  }
  const drawn = workers.map(async (worker) => {
    const answer = once(worker, "message");
    worker.postMessage("draw");
    return ((await answer) as [number[]])[0];
  });
  const all = (await Promise.all(drawn)).flat().sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: 3000 }, (_, number) => number));
});

it("a thread that knows of a first one and does not find it says so", async () => {
  const [said] = await once(thread(false, 300), "message");
  expect(said).toBe("the first worker of this process does not answer");
});
