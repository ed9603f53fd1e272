/** Aedes as a process of its own: `node aedes.ts HOST PORT [TLS_PORT CERTIFICATE KEY]`. MQTT 3.1.1 only. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Aedes } from "aedes";

const [host = "127.0.0.1", port, tlsPort, certificate, key] = process.argv.slice(2);
const broker = await Aedes.createBroker({ concurrency: 1000, queueLimit: 100 });
const listen = (server: Server, on: string | undefined): void => {
  server.listen({ host, port: Number(on), backlog: 4096 });
};
listen(
  createServer({ noDelay: true }, (socket) => {
    broker.handle(socket);
  }),
  port,
);
if (tlsPort !== undefined && certificate !== undefined && key !== undefined) {
  const server = createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (socket) => {
    broker.handle(socket);
  });
  server.on("tlsClientError", () => {});
  listen(server, tlsPort);
}
process.on("SIGTERM", () => process.exit());
