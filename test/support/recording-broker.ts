import { type AddressInfo, createServer } from "node:net";
import { Aedes } from "aedes";
import { onTestFinished } from "vitest";

/** A broker in the test's own process: what devices said is what it heard. */
export interface RecordingBroker {
  url: string;
  /** Of every publication to that topic, in the order in which they came. */
  payloadsOf(topic: string): string[];
  /** Topics that a client published to. */
  topics(): string[];
  /** What clients came with, in the order in which they came. */
  connects: { clientId: string; password: string | null }[];
  /** Filters that clients subscribed to. */
  filters: string[];
}

export async function startRecordingBroker(): Promise<RecordingBroker> {
  const connects: RecordingBroker["connects"] = [];
  const filters: string[] = [];
  const heard: { topic: string; payload: string }[] = [];
  const aedes = await Aedes.createBroker({
    authenticate: (client, _username, password, done) => {
      connects.push({ clientId: client.id, password: password?.toString() ?? null });
      done(null, true);
    },
  });
  aedes.on("publish", ({ topic, payload }, client) => {
    if (client !== null) heard.push({ topic, payload: payload.toString() });
  });
  aedes.on("subscribe", (subscriptions) => void filters.push(...subscriptions.map(({ topic }) => topic)));
  const server = createServer(aedes.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    await new Promise<void>((resolve) => aedes.close(resolve));
    server.close();
  });
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    payloadsOf: (topic) => heard.filter((one) => one.topic === topic).map(({ payload }) => payload),
    topics: () => [...new Set(heard.map(({ topic }) => topic))],
    connects,
    filters,
  };
}
