/** Child process: the embedded broker, Aedes, on a free port of the loopback interface. MQTT 3.1.1 only. */
import { type AddressInfo, createServer, type Server } from "node:net";
import { Aedes } from "aedes";
import { serve } from "./child.ts";

/** A fleet that reconnects at one instant must wait in MQTT, not be shed by a short accept queue. */
const BACKLOG = 4096;

serve<{ port?: number }>(async ({ port = 0 }) => {
  const broker = await Aedes.createBroker({ concurrency: 1000, queueLimit: 100, heartbeatInterval: 60_000 });
  const server = createServer({ noDelay: true }, (socket) => {
    broker.handle(socket);
  });
  await listen(server, port);
  return { port: (server.address() as AddressInfo).port };
});

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port, backlog: BACKLOG }, resolve);
  });
}
