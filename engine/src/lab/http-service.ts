import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A whole fleet may connect in one instant; the kernel has a limit of its own. */
const LISTEN_BACKLOG = 65_535;

/** On a free port of the loopback interface, which it gives. */
export async function listenOnLoopback(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0, backlog: LISTEN_BACKLOG }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Who has hung up hears nothing. */
export function reply(response: ServerResponse, status: number, body: string): void {
  if (response.destroyed) return;
  const type = status === 200 ? { "content-type": "application/json" } : {};
  response.writeHead(status, { ...type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
