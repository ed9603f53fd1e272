import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Name of the environment variable that tells a scenario's `exec` storm where to ask for a restart. */
export const CONTROL_VARIABLE = "BROKER_CONTROL_URL";

export interface Control {
  url: string;
  close(): Promise<void>;
}

/** Listens on this machine only: `POST /restart` kills the broker and starts it again. */
export async function openControl(restart: () => Promise<void>): Promise<Control> {
  const server = createServer((request, response) => {
    if (request.method !== "POST" || request.url !== "/restart") {
      response.writeHead(404).end();
      return;
    }
    restart().then(
      () => response.writeHead(204).end(),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
