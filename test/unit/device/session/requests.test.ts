import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type PendingRequest,
  type RequestCall,
  Requests,
} from "../../../../engine/src/device/session/requests.ts";

function pending(call: Partial<RequestCall> = {}): PendingRequest {
  return {
    call: {
      topic: "config/7/get",
      payload: "",
      qos: 1,
      responseTopic: "config/7",
      rejectedTopic: null,
      listen: ["config/7"],
      correlation: "none",
      requestId: "1",
      timeoutMs: 1000,
      ...call,
    },
    sentAtMs: 0,
  };
}

const message = (topic: string, correlationData?: string, payload = "") => ({
  topic,
  correlationData: correlationData === undefined ? undefined : Buffer.from(correlationData),
  payload: Buffer.from(payload),
});

describe("without correlation", () => {
  it("answers go to the oldest request, then they are late", () => {
    const requests = new Requests();
    const [first, second] = [pending(), pending()];
    requests.add(first);
    requests.add(second);
    expect(requests.receive(message("config/7"), 0)).toEqual({ kind: "answer", request: first });
    expect(requests.receive(message("config/7"), 0)).toEqual({ kind: "answer", request: second });
    expect(requests.receive(message("config/7"), 0)).toEqual({ kind: "late" });
  });

  it("tells a message on another topic from a late answer", () => {
    const requests = new Requests();
    expect(requests.receive(message("config/7"), 0)).toEqual({ kind: "message" });
    const only = pending();
    requests.add(only);
    expect(requests.receive(message("config/8"), 0)).toEqual({ kind: "message" });
    requests.abandon(only);
    expect(requests.receive(message("config/8"), 0)).toEqual({ kind: "message" });
    expect(requests.receive(message("config/7"), 0)).toEqual({ kind: "late" });
  });
});

describe("correlated by topic", () => {
  it("answers find their request in any order", () => {
    const requests = new Requests();
    const call = (id: string) =>
      pending({ responseTopic: `res/${id}`, listen: ["res/+"], correlation: "topic" });
    const [first, second] = [call("1"), call("2")];
    requests.add(first);
    requests.add(second);
    expect(requests.receive(message("res/2"), 0)).toEqual({ kind: "answer", request: second });
    expect(requests.receive(message("res/2"), 0)).toEqual({ kind: "late" });
    expect(requests.receive(message("res/1"), 0)).toEqual({ kind: "answer", request: first });
    expect(requests.size).toBe(0);
  });
});

describe("correlated by properties", () => {
  it("every answer goes to the request with its id, in any order, and once", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 10 }).chain((ids) =>
          fc.record({
            ids: fc.constant(ids),
            order: fc.shuffledSubarray(ids, { minLength: ids.length, maxLength: ids.length }),
          }),
        ),
        ({ ids, order }) => {
          const requests = new Requests();
          for (const id of ids) requests.add(pending({ correlation: "properties", requestId: String(id) }));
          for (const id of order) {
            const answer = requests.receive(message("config/7", String(id)), 0);
            expect(answer.kind === "answer" && answer.request.call.requestId).toBe(String(id));
            expect(requests.receive(message("config/7", String(id)), 0).kind).toBe("late");
          }
          expect(requests.size).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each([[undefined], [""], ["2"], ["11"]])("correlation data %j does not answer request 1", (data) => {
    const requests = new Requests();
    requests.add(pending({ correlation: "properties" }));
    expect(requests.receive(message("config/7", data), 0).kind).toBe("late");
    expect(requests.size).toBe(1);
  });
});

describe("correlated by a property of the payload", () => {
  const shadow = (requestId: string) =>
    pending({
      responseTopic: "get/accepted",
      rejectedTopic: "get/rejected",
      listen: ["get/+"],
      correlation: { payload: "clientToken" },
      requestId,
    });
  const said = (topic: string, payload: unknown) =>
    message(topic, undefined, typeof payload === "string" ? payload : JSON.stringify(payload));

  it("answers and refusals find their request, whatever else is in them", () => {
    const requests = new Requests();
    const [first, second, third] = [shadow("1"), shadow("2"), shadow("3")];
    for (const one of [first, second, third]) requests.add(one);
    expect(requests.receive(said("get/accepted", { state: {}, clientToken: "2" }), 0)).toEqual({
      kind: "answer",
      request: second,
    });
    expect(requests.receive(said("get/rejected", { code: 404, clientToken: 3 }), 0)).toEqual({
      kind: "rejected",
      request: third,
    });
    expect(requests.receive(said("get/accepted", { clientToken: "2" }), 0)).toEqual({ kind: "late" });
    expect(requests.size).toBe(1);
  });

  it.each([
    ["no JSON"],
    [""],
    [null],
    [[]],
    [{ other: "1" }],
    ["1"],
    [{ clientToken: { a: 1 } }],
  ])("%j answers nothing", (payload) => {
    const requests = new Requests();
    requests.add(shadow("1"));
    expect(requests.receive(said("get/accepted", payload), 0).kind).toBe("late");
    expect(requests.receive(said("get/rejected", payload), 0).kind).toBe("late");
    expect(requests.size).toBe(1);
  });
});

describe("correlated by order", () => {
  const ordered = (sentAtMs = 0): PendingRequest => ({ ...pending({ correlation: "order" }), sentAtMs });

  it("an answer in the place of one that was given up is that one's, though the device takes it", () => {
    const requests = new Requests();
    const [first, second] = [ordered(0), ordered(1000)];
    requests.add(first);
    requests.abandon(first);
    requests.add(second);
    expect(requests.receive(message("config/7"), 1500)).toEqual({ kind: "earlier", request: second });
    // The answer to the second, which was settled by the first.
    expect(requests.receive(message("config/7"), 1600)).toEqual({ kind: "late" });
    const third = ordered(2000);
    requests.add(third);
    expect(requests.receive(message("config/7"), 2100)).toEqual({ kind: "answer", request: third });
  });

  it("what comes while nothing is pending takes its place as well", () => {
    const requests = new Requests();
    const [first, second] = [ordered(0), ordered(1500)];
    requests.add(first);
    requests.takeAll();
    expect(requests.receive(message("config/7"), 1200)).toEqual({ kind: "late" });
    requests.add(second);
    expect(requests.receive(message("config/7"), 1600)).toEqual({ kind: "answer", request: second });
  });

  it("an answer that has not come after ten time-outs is taken for lost", () => {
    for (const [nowMs, kind] of [
      [9999, "earlier"],
      [10_000, "answer"],
    ] as const) {
      const requests = new Requests();
      const [lost, next] = [ordered(0), ordered(9500)];
      requests.add(lost);
      requests.abandon(lost);
      requests.add(next);
      expect(requests.receive(message("config/7"), nowMs)).toEqual({ kind, request: next });
    }
  });

  it("remembers a bounded number", () => {
    const requests = new Requests();
    for (let i = 0; i < 150; i++) {
      const one = ordered(0);
      requests.add(one);
      requests.abandon(one);
    }
    const kinds = Array.from({ length: 101 }, () => {
      requests.add(ordered(500));
      return requests.receive(message("config/7"), 500).kind;
    });
    expect(kinds.lastIndexOf("earlier")).toBe(99);
    expect(kinds.at(-1)).toBe("answer");
  });
});

it("a message on the rejected topic rejects the oldest request that has one", () => {
  const requests = new Requests();
  const [plain, shadow] = [
    pending(),
    pending({
      responseTopic: "shadow/get/accepted",
      rejectedTopic: "shadow/get/rejected",
      listen: ["shadow/get/+"],
    }),
  ];
  requests.add(plain);
  requests.add(shadow);
  expect(requests.receive(message("shadow/get/rejected"), 0)).toEqual({ kind: "rejected", request: shadow });
  expect(requests.receive(message("shadow/get/rejected"), 0)).toEqual({ kind: "late" });
  expect(requests.size).toBe(1);
});

it("takeAll gives up on all, oldest first, and their answers are late", () => {
  const requests = new Requests();
  const all = [pending(), pending(), pending()];
  for (const one of all) requests.add(one);
  expect(requests.takeAll()).toEqual(all);
  expect(requests.size).toBe(0);
  expect(requests.receive(message("config/7"), 0)).toEqual({ kind: "late" });
});

it("removing a request twice takes no other one away", () => {
  const requests = new Requests();
  const [first, second] = [pending(), pending()];
  requests.add(first);
  requests.add(second);
  requests.abandon(first);
  requests.abandon(first);
  expect(requests.receive(message("config/7"), 0)).toEqual({ kind: "answer", request: second });
});
