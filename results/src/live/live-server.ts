import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { LiveChange } from "./live-feed.ts";
import { serverSentEvent, wholeOf } from "./live-feed.ts";
import { livePage } from "./live-page.ts";
import type { LiveView } from "./live-view.ts";

const LOOPBACK = "127.0.0.1";
/** A tunnel from another machine may have another port: it is the name that nobody else can have. */
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;
/** More windows than anybody has open; each is sent every change. */
const MOST_READERS = 32;
/** So that who waits behind a proxy of their own is not cut off, and a reader who is gone is noticed. */
const HEARTBEAT_MS = 15_000;
const RETRY_MS = 2000;

export interface LiveServerOptions {
  /** 0 is any that is free. */
  port: number;
  /** Makes the report where there is one; null where it is not to be had. */
  report: (() => Promise<string | null>) | null;
  /** It keeps no process alive. */
  isBackground: boolean;
  /** Hears that somebody has come, whose view may be an old one. */
  onReader?: () => void;
}

/**
 * Shows a view to browsers of this machine, and to nobody else: it listens on loopback alone, answers only under loopback's names (a
 * page from elsewhere may have its own name lead here: DNS rebinding), knows three paths, and nothing of a request reaches a file.
 */
export class LiveServer {
  readonly #server: Server;
  readonly #options: LiveServerOptions;
  readonly #page = livePage();
  readonly #readers = new Set<ServerResponse>();
  readonly #heartbeat: NodeJS.Timeout;
  #view: LiveView | null = null;

  private constructor(options: LiveServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#heartbeat = setInterval(() => {
      for (const reader of this.#readers) reader.write(": still here\n\n");
    }, HEARTBEAT_MS).unref();
    if (!options.isBackground) return;
    this.#server.unref();
    this.#server.on("connection", (socket) => socket.unref());
  }

  /** @throws what listening throws: the port is in use, or not to be had */
  static async start(options: LiveServerOptions): Promise<LiveServer> {
    const live = new LiveServer(options);
    try {
      await new Promise<void>((listening, failed) => {
        live.#server.once("error", failed);
        live.#server.listen({ host: LOOPBACK, port: options.port }, () => {
          live.#server.off("error", failed);
          listening();
        });
      });
    } catch (error) {
      clearInterval(live.#heartbeat);
      throw error;
    }
    return live;
  }

  get url(): string {
    return `http://${LOOPBACK}:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Pages that are open. */
  get readers(): number {
    return this.#readers.size;
  }

  /** @param change what is new of it */
  show(view: LiveView, change: LiveChange | null): void {
    const isFirst = this.#view === null;
    this.#view = view;
    if (isFirst) this.#send(serverSentEvent("change", wholeOf(view)));
    else if (change !== null) this.#send(serverSentEvent("change", change));
  }

  /** @param isOver readers are told that nothing more will come */
  async close(isOver: boolean): Promise<void> {
    clearInterval(this.#heartbeat);
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    for (const reader of this.#readers) {
      if (isOver) reader.end(serverSentEvent("over", null));
      else reader.destroy();
    }
    this.#server.closeIdleConnections();
    // A reader that does not read holds nobody up.
    const late = setTimeout(() => this.#server.closeAllConnections(), 300);
    await closed;
    clearTimeout(late);
  }

  #send(text: string): void {
    for (const reader of this.#readers) {
      // Who reads more slowly than it is written is let go, and comes back for the whole.
      if (reader.writableNeedDrain) reader.destroy();
      else reader.write(text);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (!LOOPBACK_HOST.test(request.headers.host ?? ""))
      return refuse(response, 403, "Only under the names of this machine itself: 127.0.0.1, localhost.");
    if (request.method !== "GET") {
      response.setHeader("Allow", "GET");
      return refuse(response, 405, "Only GET.");
    }
    const path = (request.url ?? "").split("?", 1)[0];
    if (path !== "/" && isFromElsewhere(request))
      return refuse(response, 403, "Only the page of this server.");
    if (path === "/") return this.#answerPage(response);
    if (path === "/events") return this.#answerEvents(response);
    if (path === "/report" && this.#options.report !== null) return this.#answerReport(response);
    if (path === "/favicon.ico") {
      response.writeHead(204).end();
      return;
    }
    refuse(response, 404, "No such page.");
  }

  #answerPage(response: ServerResponse): void {
    response.setHeader("Content-Security-Policy", this.#page.policy);
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(this.#page.html);
  }

  #answerEvents(response: ServerResponse): void {
    if (this.#readers.size >= MOST_READERS) {
      refuse(response, 503, "Too many pages are open.");
      return;
    }
    response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
    response.write(`retry: ${RETRY_MS}\n\n`);
    if (this.#view !== null) response.write(serverSentEvent("change", wholeOf(this.#view)));
    this.#readers.add(response);
    this.#options.onReader?.();
    response.on("close", () => this.#readers.delete(response));
    response.on("error", () => this.#readers.delete(response));
  }

  async #answerReport(response: ServerResponse): Promise<void> {
    let text: string | null = null;
    try {
      text = (await this.#options.report?.()) ?? null;
    } catch (error) {
      return refuse(response, 500, `The report cannot be made: ${(error as Error).message}`);
    }
    if (text === null) return refuse(response, 404, "The run has not ended: there is no report yet.");
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(text);
  }
}

const HEADERS = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
} as const;

/** Browsers say who asks: https://www.w3.org/TR/fetch-metadata/. What is no browser does not, and has no page to be led astray by. */
function isFromElsewhere({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  return site !== undefined && site !== "same-origin" && site !== "none";
}

function refuse(response: ServerResponse, status: number, words: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${words}\n`);
}
