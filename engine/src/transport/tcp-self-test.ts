import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { readPortPool } from "./host-limits.ts";
import { anyAddress } from "./local-end.ts";
import { createTcp } from "./tcp.ts";
import { handles } from "./tcp-binding.ts";
import type { TransportFailure, TransportListener } from "./transport.ts";

/** A loopback connection takes a millisecond. */
const PATIENCE_MS = 2000;

/** Why Node's own TCP handle cannot be used here; null where it can: it was tried over loopback, and did what `net` does. */
export async function handleProblem(): Promise<string | null> {
  if (handles() === null) return "this Node does not give it out";
  const server = createServer();
  try {
    await listening(server);
    return await withPatience(tried(server));
  } catch (error) {
    return (error as Error).message;
  } finally {
    server.close();
  }
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
}

function withPatience(attempt: Promise<string | null>): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, PATIENCE_MS, `it did not finish within ${PATIENCE_MS / 1000} s`);
    attempt.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Opens, writes, reads, hears FIN; then another connection is reset. */
async function tried(server: Server): Promise<string | null> {
  const { port } = server.address() as AddressInfo;
  const open = createTcp("127.0.0.1", port, anyAddress(readPortPool()), "handle");
  const dialer = { number: 0, endpoint: null, region: 0 };

  const first = new Waiting();
  const arrived = nextSocket(server);
  const transport = open(first, dialer);
  const socket = await arrived;
  await first.opened;
  socket.once("data", (bytes) => socket.end(bytes));
  transport.write(Buffer.from("echo"));
  const failure = await first.closed;
  if (failure !== null) return `it ended with ${failure}`;
  if (first.heard !== "echo") return "it read other bytes than were written";

  const second = new Waiting();
  const toReset = nextSocket(server);
  const other = open(second, dialer);
  const [peer] = await Promise.all([toReset, second.opened]);
  const wasReset = new Promise<boolean>((resolve) => {
    peer.once("error", () => resolve(true));
    peer.once("end", () => resolve(false));
    peer.resume();
  });
  other.reset();
  return (await wasReset) ? null : "it cannot reset a connection";
}

function nextSocket(server: Server): Promise<Socket> {
  return new Promise((resolve) => server.once("connection", resolve));
}

class Waiting implements TransportListener {
  heard = "";
  readonly opened: Promise<void>;
  readonly closed: Promise<TransportFailure | null>;
  #open: () => void = () => {};
  #close: (failure: TransportFailure | null) => void = () => {};

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  onStep(): void {}
  onOpen(): void {
    this.#open();
  }
  onBytes(bytes: Buffer): void {
    this.heard += bytes.toString();
  }
  onClosed(failure: TransportFailure | null): void {
    this.#close(failure);
  }
}
