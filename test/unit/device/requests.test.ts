import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PendingRequest, type RequestCall, Requests } from "../../../engine/src/device/requests.ts";

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
      settled: () => {},
      ...call,
    },
    sentAtMs: 0,
    timer: null,
  };
}

const message = (topic: string, correlationData?: string) => ({
  topic,
  correlationData: correlationData === undefined ? undefined : Buffer.from(correlationData),
});

describe("without correlation", () => {
  it("answers go to the oldest request, then they are late", () => {
    const requests = new Requests();
    const [first, second] = [pending(), pending()];
    requests.add(first);
    requests.add(second);
    expect(requests.receive(message("config/7"))).toEqual({ kind: "answer", request: first });
    expect(requests.receive(message("config/7"))).toEqual({ kind: "answer", request: second });
    expect(requests.receive(message("config/7"))).toEqual({ kind: "late" });
  });

  it("tells a message on another topic from a late answer", () => {
    const requests = new Requests();
    expect(requests.receive(message("config/7"))).toEqual({ kind: "message" });
    const only = pending();
    requests.add(only);
    expect(requests.receive(message("config/8"))).toEqual({ kind: "message" });
    requests.remove(only);
    expect(requests.receive(message("config/8"))).toEqual({ kind: "message" });
    expect(requests.receive(message("config/7"))).toEqual({ kind: "late" });
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
    expect(requests.receive(message("res/2"))).toEqual({ kind: "answer", request: second });
    expect(requests.receive(message("res/2"))).toEqual({ kind: "late" });
    expect(requests.receive(message("res/1"))).toEqual({ kind: "answer", request: first });
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
            const answer = requests.receive(message("config/7", String(id)));
            expect(answer.kind === "answer" && answer.request.call.requestId).toBe(String(id));
            expect(requests.receive(message("config/7", String(id))).kind).toBe("late");
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
    expect(requests.receive(message("config/7", data)).kind).toBe("late");
    expect(requests.size).toBe(1);
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
  expect(requests.receive(message("shadow/get/rejected"))).toEqual({ kind: "rejected", request: shadow });
  expect(requests.receive(message("shadow/get/rejected"))).toEqual({ kind: "late" });
  expect(requests.size).toBe(1);
});

it("takeAll gives up on all, oldest first, and their answers are late", () => {
  const requests = new Requests();
  const all = [pending(), pending(), pending()];
  for (const one of all) requests.add(one);
  expect(requests.takeAll()).toEqual(all);
  expect(requests.size).toBe(0);
  expect(requests.receive(message("config/7"))).toEqual({ kind: "late" });
});

it("removing a request twice takes no other one away", () => {
  const requests = new Requests();
  const [first, second] = [pending(), pending()];
  requests.add(first);
  requests.add(second);
  requests.remove(first);
  requests.remove(first);
  expect(requests.receive(message("config/7"))).toEqual({ kind: "answer", request: second });
});
