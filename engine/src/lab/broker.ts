/** Child process: the embedded broker, Aedes, on a free port of the loopback interface. MQTT 3.1.1 only. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Aedes, type AuthenticateHandler } from "aedes";
import { type AskAuth, createAskAuth, SERVER_UNAVAILABLE } from "./auth.ts";
import type { Certificate } from "./certificate.ts";
import { serve } from "./child.ts";

/**
 * A fleet that reconnects at one instant must wait in MQTT, not be shed by a short accept queue. The kernel allows
 * net.core.somaxconn at most: 4096 on Linux.
 */
const BACKLOG = 4096;

export interface BrokerSettings {
  /** The broker speaks TLS, with a certificate for this start alone. */
  tls: boolean;
  /** Every CONNECT is allowed by the auth service at this URL; null where anyone may connect. */
  auth: string | null;
}

serve<BrokerSettings>(async ({ tls, auth }) => {
  const broker = await Aedes.createBroker({
    concurrency: 1000,
    queueLimit: 100,
    ...(auth === null ? {} : { authenticate: authenticateWith(createAskAuth(auth)) }),
  });
  const handle = (socket: Socket): void => {
    broker.handle(socket);
  };
  const identity = tls ? await makeIdentity() : null;
  const server =
    identity === null
      ? createServer({ noDelay: true }, handle)
      : createTlsServer({ noDelay: true, cert: identity.cert, key: identity.key }, handle);
  // A device that ends the connection within the handshake is what storms are about.
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0, backlog: BACKLOG }, resolve);
  });
  server.on("error", (error) => console.error(`the lab's broker: ${error.message}`));
  const { port } = server.address() as AddressInfo;
  return { port, ...(identity === null ? {} : { certificate: identity.cert }) };
});

/** CONNACK waits for the answer. A service that has no room for the question is one that the broker cannot reach. */
function authenticateWith(ask: AskAuth): AuthenticateHandler {
  return (_client, _username, _password, done) => {
    ask((isAllowed) => {
      if (isAllowed) done(null, true);
      else
        done(Object.assign(new Error("the auth service is full"), { returnCode: SERVER_UNAVAILABLE }), false);
    });
  };
}

/** Loaded only by a lab that speaks TLS: the library takes longer to load than the broker. */
async function makeIdentity(): Promise<Certificate> {
  const { createCertificate } = await import("./certificate.ts");
  return createCertificate({ name: "the lab's broker", hosts: ["127.0.0.1", "localhost"] });
}
