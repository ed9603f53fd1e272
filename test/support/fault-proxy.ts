import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What the proxy does to the bytes that go through it; it may be changed while connections are open. */
export interface Faults {
  /** Each read of either side goes on after so many milliseconds. */
  delayMs?: number;
  /** At most so many bytes per second go from the broker to each client. */
  bytesPerSecond?: number;
  /** Both ends are reset when so many bytes have gone from the broker to the client. */
  resetAfterBytes?: number;
  /** Connections stay open, and nothing goes through: half-open, as a dead NAT leaves them. */
  blackHole?: boolean;
  /** What is put before the broker's next bytes, once per connection and not before `garbageAfterBytes` of them. */
  garbage?: Buffer;
  garbageAfterBytes?: number;
  /** The broker's bytes go on in pieces of so many, each in a segment of its own. */
  pieceBytes?: number;
}

/** A plain TCP proxy on the loopback interface that does harm. */
export class FaultProxy {
  faults: Faults = {};
  readonly port: number;
  accepted = 0;
  readonly #server: Server;
  readonly #pairs: Set<Pair>;

  private constructor(server: Server, pairs: Set<Pair>) {
    this.#server = server;
    this.#pairs = pairs;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(upstreamPort: number): Promise<FaultProxy> {
    const pairs = new Set<Pair>();
    let proxy: FaultProxy | null = null;
    const server = createServer({ noDelay: true }, (client) => {
      if (proxy === null) return;
      proxy.accepted++;
      const pair = new Pair(client, upstreamPort, proxy);
      pairs.add(pair);
      client.once("close", () => pairs.delete(pair));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port: 0, backlog: 1024 }, resolve);
    });
    proxy = new FaultProxy(server, pairs);
    return proxy;
  }

  /** Connections open at this moment. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Resets every connection, on both sides. */
  resetAll(): void {
    for (const pair of this.#pairs) pair.reset();
  }

  async stop(): Promise<void> {
    this.resetAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** One connection of a client, and the one to the broker that belongs to it. */
class Pair {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #proxy: FaultProxy;
  /** Bytes from the broker to the client so far. */
  #sent = 0;
  #garbageSent = false;
  /** Everything on the way to the client, in order. */
  #way: Promise<void> = Promise.resolve();

  constructor(client: Socket, upstreamPort: number, proxy: FaultProxy) {
    this.#client = client;
    this.#proxy = proxy;
    this.#upstream = connect({ host: "127.0.0.1", port: upstreamPort, noDelay: true });
    this.#upstream.on("data", (bytes) => {
      this.#way = this.#way.then(() => this.#toClient(bytes));
    });
    client.on("data", (bytes) => {
      const { blackHole, delayMs = 0 } = proxy.faults;
      if (blackHole) return;
      if (delayMs === 0) this.#upstream.write(bytes);
      else setTimeout(() => this.#upstream.writable && this.#upstream.write(bytes), delayMs);
    });
    // Errors of one side are an end for the other.
    for (const socket of [client, this.#upstream]) socket.on("error", () => {});
    client.on("close", () => this.#upstream.destroy());
    this.#upstream.on("close", () => {
      if (!proxy.faults.blackHole) void this.#way.then(() => client.destroy());
    });
  }

  reset(): void {
    if (!this.#client.destroyed) this.#client.resetAndDestroy();
    this.#upstream.destroy();
  }

  async #toClient(bytes: Buffer): Promise<void> {
    const { delayMs = 0, garbage, garbageAfterBytes = 0, pieceBytes, bytesPerSecond } = this.#proxy.faults;
    if (delayMs > 0) await pause(delayMs);
    if (garbage !== undefined && !this.#garbageSent && this.#sent >= garbageAfterBytes) {
      this.#garbageSent = true;
      this.#write(garbage);
    }
    const size = pieceBytes ?? (bytesPerSecond === undefined ? bytes.length : Math.ceil(bytesPerSecond / 50));
    for (let from = 0; from < bytes.length; from += size) {
      const piece = bytes.subarray(from, from + size);
      const { blackHole, resetAfterBytes = Number.POSITIVE_INFINITY } = this.#proxy.faults;
      if (blackHole || this.#client.destroyed) return;
      const room = resetAfterBytes - this.#sent;
      this.#write(piece.subarray(0, Math.max(0, Math.min(piece.length, room))));
      this.#sent += piece.length;
      if (piece.length >= room) {
        // What was written before goes out before the RST.
        await pause(1);
        this.reset();
        return;
      }
      if (bytesPerSecond !== undefined) await pause((1000 * piece.length) / bytesPerSecond);
      else if (pieceBytes !== undefined) await pause(1);
    }
  }

  #write(bytes: Buffer): void {
    if (bytes.length > 0 && this.#client.writable) this.#client.write(bytes);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
