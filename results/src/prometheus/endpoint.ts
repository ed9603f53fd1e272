import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { BroadcastChannel } from "node:worker_threads";
import { FIGURES_CHANNEL, type WorkerFigures } from "artillery-engine-mqtt/contract";
import { CONTENT_TYPE, exposition } from "./exposition.ts";
import { FAMILIES } from "./metrics.ts";
import { RunFigures } from "./run-figures.ts";
import { isLoopback, type PrometheusSettings } from "./settings.ts";

export interface EndpointOptions extends PrometheusSettings {
  /** Is asked at every scrape: Artillery sets it after it has loaded its plugins. */
  testRunId: () => string;
  log: (line: string) => void;
  /** The address is not said where it is the usual one. */
  isQuiet: boolean;
}

const PATH = "/metrics";

/** Serves what the workers count while the run goes on. It never keeps the process alive, and never ends the run. */
export class PrometheusEndpoint {
  readonly #options: EndpointOptions;
  readonly #figures = new RunFigures();
  readonly #channel = new BroadcastChannel(FIGURES_CHANNEL);
  readonly #server: Server;
  readonly #listening: Promise<AddressInfo | null>;
  #scrapes = 0;
  /** Called when a scrape has been answered. */
  #scraped: () => void = () => {};

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#channel.onmessage = (event): void => {
      this.#figures.take((event as { data: WorkerFigures }).data);
    };
    this.#channel.unref();
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on("connection", (socket) => socket.unref());
    this.#server.unref();
    this.#listening = this.#listen();
  }

  #listen(): Promise<AddressInfo | null> {
    const { host, port, log, isQuiet } = this.#options;
    return new Promise((resolve) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) => {
        log(`mqtt-results: WARNING: ${unusable(host, port, error)}`);
        resolve(null);
      });
      this.#server.listen({ host, port }, () => {
        const address = this.#server.address() as AddressInfo;
        const open = isLoopback(host)
          ? ""
          : ", open to every machine that reaches this one, without password";
        if (!isQuiet || open !== "")
          log(`mqtt-results: Prometheus: http://${inUrl(host)}:${address.port}${PATH}${open}`);
        resolve(address);
      });
    });
  }

  /** The port that it listens on; null where it could not. */
  async port(): Promise<number | null> {
    return (await this.#listening)?.port ?? null;
  }

  #answer({ method, url = "" }: IncomingMessage, response: ServerResponse): void {
    const isRead = method === "GET" || method === "HEAD";
    if (!isRead || url.split("?", 1)[0] !== PATH) {
      response.writeHead(isRead ? 404 : 405, { "content-type": "text/plain; charset=utf-8" });
      response.end(`metrics are at ${PATH}\n`);
      return;
    }
    const text = exposition(FAMILIES, this.#figures, this.#options.testRunId());
    response.writeHead(200, { "content-type": CONTENT_TYPE, "cache-control": "no-store" });
    response.once("finish", () => {
      this.#scrapes++;
      this.#scraped();
    });
    response.end(method === "HEAD" ? "" : text);
  }

  /**
   * The workers are over. Whoever has scraped before is waited for once more, so that the last figures are not lost, and no longer
   * than the settings say.
   */
  async finish(): Promise<void> {
    this.#figures.end();
    if (this.#scrapes > 0) {
      const stop = new AbortController();
      const scraped = new Promise<void>((resolve) => {
        this.#scraped = resolve;
      });
      const waited = sleep(this.#options.lastScrape, undefined, { signal: stop.signal }).catch(() => {});
      await Promise.race([scraped, waited]);
      stop.abort();
    }
    this.#channel.close();
    await this.#listening;
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function unusable(host: string, port: number, { code, message }: NodeJS.ErrnoException): string {
  const where = `http://${inUrl(host)}:${port}${PATH}`;
  const why: Record<string, string> = {
    EADDRINUSE: "the port is in use: choose another with prometheus: { port }",
    EACCES: "the port is not allowed to this user: choose one above 1023 with prometheus: { port }",
    EADDRNOTAVAIL: "no such address on this machine: see prometheus: { host }",
    ENOTFOUND: "no such host: see prometheus: { host }",
  };
  return `no metrics at ${where}, the run goes on without (${why[code ?? ""] ?? message})`;
}

function inUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
