/** Child process: the embedded broker, Aedes, on a free port of the loopback interface. MQTT 3.1.1 only. */
import { type AddressInfo, createServer } from "node:net";
import { Aedes } from "aedes";
import { serve } from "./child.ts";

/**
 * A fleet that reconnects at one instant must wait in MQTT, not be shed by a short accept queue. The kernel allows
 * net.core.somaxconn at most: 4096 on Linux.
 */
const BACKLOG = 4096;

serve(async () => {
  const broker = await Aedes.createBroker({ concurrency: 1000, queueLimit: 100 });
  const server = createServer({ noDelay: true }, (socket) => {
    broker.handle(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0, backlog: BACKLOG }, resolve);
  });
  server.on("error", (error) => console.error(`the lab's broker: ${error.message}`));
  return { port: (server.address() as AddressInfo).port };
});
