import type { Socket } from "node:net";
import { buildConnector, Client, type Dispatcher, Pool } from "undici";
import { retryAfterMs } from "./retry-after.ts";

/** How devices reach a server over HTTP/1.1. */
export interface HttpClientOptions {
  /** `new`: each call makes a connection of its own, as firmware does; `keep-alive`: all calls of this worker share some. */
  connection: "new" | "keep-alive";
  /** So many at most are shared, for each origin. */
  connections: number;
  /** PEM, beside or instead of Node's own list; undefined for Node's. */
  ca?: string[];
  /** Certificates are not verified. */
  insecure: boolean;
}

export interface HttpCall {
  method: "GET" | "POST";
  url: URL;
  headers: Record<string, string>;
  body: string | null;
  /** A longer body of an answer is not read. */
  maxBodyBytes: number;
}

/** Why there is no answer, from a closed list. */
export type HttpFailure =
  | "http_refused"
  | "http_reset"
  | "http_timeout"
  | "http_unreachable"
  | "http_dns"
  | "http_tls"
  | "http_local_ports"
  | "http_descriptors"
  | "http_body_too_large"
  | "http_malformed"
  | "http_invalid_request"
  | "http_error";

export type HttpOutcome =
  | {
      status: number;
      body: string;
      /** So long the server asks to be left alone; not given where it does not say. */
      retryAfterMs?: number;
    }
  | { failure: HttpFailure };

/** Shared connections that cannot be made are given up after this long; a call's own time-out is its caller's. */
const SHARED_CONNECT_TIMEOUT_MS = 10_000;

/** The HTTP side of all devices of one worker. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #connect: buildConnector.connector;
  readonly #pools = new Map<string, Pool>();
  #hasTrustedAnyone = false;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    const { connection, ca, insecure } = options;
    const own = connection === "new";
    this.#connect = buildConnector({
      ...(ca === undefined ? {} : { ca }),
      rejectUnauthorized: !insecure,
      allowH2: false,
      // Devices know nothing of each other's TLS sessions: every connection of its own is a full handshake.
      ...(own ? { maxCachedSessions: 0 } : {}),
      timeout: own ? 0 : SHARED_CONNECT_TIMEOUT_MS,
    } as buildConnector.BuildOptions);
  }

  /** Some call went over TLS that verified nothing. */
  get isInsecure(): boolean {
    return this.#hasTrustedAnyone;
  }

  /** Calls `done` once, unless the function that it returns was called before: that ends the call and its connection. */
  send(call: HttpCall, done: (outcome: HttpOutcome) => void): () => void {
    const { origin, protocol } = call.url;
    if (this.#options.insecure && protocol === "https:") this.#hasTrustedAnyone = true;
    if (this.#options.connection === "keep-alive") {
      const handler = new CallHandler(call.maxBodyBytes, done);
      dispatch(this.#pool(origin), call, false, handler);
      return () => handler.abandon();
    }
    let socket: Socket | null = null;
    const connect: buildConnector.connector = (options, callback) => {
      // Its types do not say so, but undici's connector returns the socket: only that ends a connection in the making.
      socket = (this.#connect as (...args: unknown[]) => Socket)(options, callback);
    };
    const client = new Client(origin, { connect, allowH2: false, headersTimeout: 0, bodyTimeout: 0 });
    const end = (): void => {
      client.destroy().catch(ignore);
      socket?.destroy();
    };
    const handler = new CallHandler(call.maxBodyBytes, (outcome) => {
      end();
      done(outcome);
    });
    dispatch(client, call, true, handler);
    return () => {
      handler.abandon();
      end();
    };
  }

  #pool(origin: string): Pool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      const { connections } = this.#options;
      pool = new Pool(origin, {
        connect: this.#connect,
        connections,
        allowH2: false,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }

  /** Ends what is shared, and the calls that use it. */
  close(): void {
    for (const pool of this.#pools.values()) pool.destroy().catch(ignore);
    this.#pools.clear();
  }
}

function dispatch(to: Dispatcher, call: HttpCall, reset: boolean, handler: CallHandler): void {
  const { method, url, headers, body } = call;
  try {
    to.dispatch({ method, path: `${url.pathname}${url.search}`, headers, body, reset }, handler);
  } catch (error) {
    handler.onResponseError(null, error as Error);
  }
}

/** Reads one answer. */
class CallHandler implements Dispatcher.DispatchHandler {
  readonly #maxBodyBytes: number;
  #done: ((outcome: HttpOutcome) => void) | null;
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #retryAfterMs: number | null = null;
  #size = 0;
  #chunks: Buffer[] = [];

  constructor(maxBodyBytes: number, done: (outcome: HttpOutcome) => void) {
    this.#maxBodyBytes = maxBodyBytes;
    this.#done = done;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Abandoned while it waited for a connection.
    if (this.#done === null) controller.abort(ABANDONED);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status;
    const [header] = [headers["retry-after"]].flat();
    this.#retryAfterMs = header === undefined ? null : retryAfterMs(header, Date.now());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size <= this.#maxBodyBytes) {
      this.#chunks.push(chunk);
      return;
    }
    this.#settle({ failure: "http_body_too_large" });
    controller.abort(ABANDONED);
  }

  onResponseEnd(): void {
    this.#settle({
      status: this.#status,
      body: Buffer.concat(this.#chunks).toString(),
      ...(this.#retryAfterMs === null ? {} : { retryAfterMs: this.#retryAfterMs }),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#settle({ failure: httpFailureOf(error) });
  }

  abandon(): void {
    if (this.#done === null) return;
    this.#done = null;
    this.#chunks = [];
    this.#controller?.abort(ABANDONED);
  }

  #settle(outcome: HttpOutcome): void {
    const done = this.#done;
    this.#done = null;
    this.#chunks = [];
    done?.(outcome);
  }
}

const ABANDONED = new Error("abandoned");

const FAILURE_OF_CODE: Record<string, HttpFailure> = {
  ECONNREFUSED: "http_refused",
  ECONNRESET: "http_reset",
  EPIPE: "http_reset",
  UND_ERR_SOCKET: "http_reset",
  ETIMEDOUT: "http_timeout",
  UND_ERR_CONNECT_TIMEOUT: "http_timeout",
  EHOSTUNREACH: "http_unreachable",
  ENETUNREACH: "http_unreachable",
  ENOTFOUND: "http_dns",
  EAI_AGAIN: "http_dns",
  EADDRNOTAVAIL: "http_local_ports",
  EADDRINUSE: "http_local_ports",
  EMFILE: "http_descriptors",
  ENFILE: "http_descriptors",
  UND_ERR_HEADERS_OVERFLOW: "http_malformed",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "http_malformed",
  UND_ERR_INVALID_ARG: "http_invalid_request",
  DEPTH_ZERO_SELF_SIGNED_CERT: "http_tls",
  SELF_SIGNED_CERT_IN_CHAIN: "http_tls",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "http_tls",
  UNABLE_TO_GET_ISSUER_CERT: "http_tls",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "http_tls",
};

/** The name of an error, by its code: never its message. */
export function httpFailureOf(error: Error & { code?: unknown }): HttpFailure {
  const code = typeof error.code === "string" ? error.code : "";
  const known = FAILURE_OF_CODE[code];
  if (known !== undefined) return known;
  // The parser's own errors have a name, and not always a code.
  if (error.name === "HTTPParserError" || code.startsWith("HPE_")) return "http_malformed";
  if (code.startsWith("ERR_TLS_") || code.startsWith("ERR_SSL_") || code.startsWith("CERT_"))
    return "http_tls";
  if (code.startsWith("ERR_INVALID_")) return "http_invalid_request";
  return "http_error";
}

function ignore(): void {}
