/** Child process: a back end that says who may connect, with a bounded capacity. The lab's broker asks it for every CONNECT, scripts for tokens. */
import { createServer, type ServerResponse } from "node:http";
import { AUTH_COUNT_PATH, type AuthCount } from "./auth.ts";
import { serve } from "./child.ts";
import { listenOnLoopback, reply } from "./http-service.ts";
import type { AuthOptions } from "./lab.ts";
import { queueOptions, ServiceQueue } from "./service-queue.ts";

/** How often finished answers are sent while requests wait. */
const TICK_MS = 10;
const TOKEN = JSON.stringify({ token: "lab" });

serve<AuthOptions>(async (settings) => {
  const { latencyMs } = settings;
  const queue = new ServiceQueue<ServerResponse>(queueOptions(settings));
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
  const port = await listenOnLoopback(server);
  server.on("error", (error) => console.error(`the lab's auth service: ${error.message}`));
  return { port };
});
