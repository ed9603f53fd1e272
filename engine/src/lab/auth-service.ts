/** Child process: a back end that says who may connect, with a bounded capacity. The lab's broker asks it for every CONNECT, scripts for tokens. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AUTH_COUNT_PATH, type AuthCount } from "./auth.ts";
import { serve } from "./child.ts";
import type { AuthOptions } from "./lab.ts";
import { ServiceQueue } from "./service-queue.ts";

/** How often finished answers are sent while requests wait. */
const TICK_MS = 10;
/** A whole fleet may connect in one instant; the kernel has a limit of its own. */
const LISTEN_BACKLOG = 65_535;
const TOKEN = JSON.stringify({ token: "lab" });

serve<AuthOptions>(async ({ capacity, queueLimit, latencyMs, scaleUp }) => {
  const queue = new ServiceQueue<ServerResponse>({
    capacity,
    limit: queueLimit,
    ...(scaleUp === undefined ? {} : { scaleUp }),
  });
  const count: AuthCount = { asked: 0, answered: 0, refused: 0 };
  let timer: NodeJS.Timeout | null = null;
  const answer = (response: ServerResponse): void => {
    count.answered++;
    // Who has hung up cost its share of the capacity all the same.
    reply(response, 200, TOKEN);
  };
  const tick = (): void => {
    for (const response of queue.take(performance.now())) {
      if (latencyMs === 0) answer(response);
      else setTimeout(answer, latencyMs, response);
    }
    if (queue.length > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
  const server = createServer((request, response) => {
    request.resume();
    response.on("error", () => {});
    if (request.url === AUTH_COUNT_PATH) {
      reply(response, 200, JSON.stringify(count));
      return;
    }
    count.asked++;
    if (queue.offer(response, performance.now())) {
      timer ??= setInterval(tick, TICK_MS);
    } else {
      count.refused++;
      reply(response, 503, "");
    }
  });
  // A broker keeps its connections.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0, backlog: LISTEN_BACKLOG }, resolve);
  });
  server.on("error", (error) => console.error(`the lab's auth service: ${error.message}`));
  return { port: (server.address() as AddressInfo).port };
});

function reply(response: ServerResponse, status: number, body: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body);
}
