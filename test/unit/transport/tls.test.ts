/** Real TLS on the loopback interface, with certificates made for this run. */
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { createServer, type TlsOptions } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { createCertificate } from "../../../engine/src/lab/certificate.ts";
import type { OpenerOptions } from "../../../engine/src/transport/open.ts";
import {
  NO_TLS_SETTINGS,
  SecureContexts,
  type TlsMaterial,
} from "../../../engine/src/transport/tls-material.ts";
import type { ClientCertificate, Transport } from "../../../engine/src/transport/transport.ts";
import { openerFor } from "../../support/opener.ts";
import { endOf, Heard, settle } from "../../support/transport-listener.ts";

const authority = await createCertificate({ name: "authority", authority: true });
const broker = await createCertificate({
  name: "broker",
  hosts: ["127.0.0.1", "localhost"],
  issuer: authority,
});
const device = await createCertificate({ name: "device", issuer: authority });

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

interface Listening {
  port: number;
  /** The TCP socket below the next TLS connection, and the connection. */
  accepted: Promise<{ tcp: Socket; secure: Socket }>;
  offered: (string | false | null)[];
}

async function listen(options: TlsOptions = {}): Promise<Listening> {
  const offered: (string | false | null)[] = [];
  const server = createServer({ cert: broker.cert, key: broker.key, ...options });
  server.on("tlsClientError", () => {});
  server.on("connection", (tcp) => sockets.push(tcp));
  const accepted = new Promise<{ tcp: Socket; secure: Socket }>((resolve) => {
    server.on("secureConnection", (secure) => {
      offered.push(secure.alpnProtocol);
      secure.on("error", () => {});
      resolve({ tcp: sockets.at(-1) as Socket, secure });
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, accepted, offered };
}

function opener(
  port: number,
  changes: Partial<TlsMaterial> = {},
  options: Partial<OpenerOptions> = {},
  host = "127.0.0.1",
) {
  return openerFor({ kind: "tls", host, port }, { ca: [authority.cert], ...changes }, options);
}

async function connected(options: TlsOptions = {}, changes: Partial<TlsMaterial> = {}) {
  const listening = await listen(options);
  const heard = new Heard();
  const transport: Transport = opener(listening.port, changes)(heard, {
    number: 0,
    endpoint: null,
    region: 0,
  });
  const [{ tcp, secure }] = await Promise.all([listening.accepted, heard.until("open")]);
  // Out of the handshake's own callbacks, of which the server's is still to send its tickets.
  await settle();
  return { heard, transport, tcp, secure, listening };
}

describe("a TLS connection", () => {
  it.each([
    "TLSv1.2",
    "TLSv1.3",
  ] as const)("opens in steps and carries bytes both ways: %s", async (version) => {
    const { heard, transport, secure } = await connected({ minVersion: version, maxVersion: version });
    const received = new Promise<string>((resolve) =>
      secure.once("data", (data) => resolve(data.toString())),
    );
    transport.write(Buffer.from("up"));
    expect(await received).toBe("up");
    secure.write("down");
    await heard.until("bytes down");
    expect(heard.calls).toEqual(["step tls", "open", "bytes down"]);
    transport.reset();
  });

  it("is ended with RST by reset, and its listener hears nothing more", async () => {
    const { heard, transport, secure } = await connected();
    const end = endOf(secure);
    transport.reset();
    expect(await end).toBe("ECONNRESET");
    await settle();
    expect(heard.calls).toEqual(["step tls", "open"]);
  });

  it("is ended with close_notify and FIN by close, after what was written", async () => {
    const { heard, transport, secure } = await connected();
    let received = "";
    secure.on("data", (data) => {
      received += data.toString();
    });
    const end = endOf(secure);
    transport.write(Buffer.from("DISCONNECT"));
    transport.close();
    expect(await end).toBe("FIN");
    expect(received).toBe("DISCONNECT");
    await settle();
    expect(heard.calls).toEqual(["step tls", "open"]);
  });

  it("closes without a failure when the peer ends it, as tcp_reset when the peer resets it", async () => {
    const ended = await connected();
    ended.secure.end();
    await ended.heard.until("closed null");
    const reset = await connected();
    reset.tcp.resetAndDestroy();
    await reset.heard.until("closed tcp_reset");
  });

  it.each(["close", "reset"] as const)("that is not open yet says nothing after %s", async (end) => {
    const { port } = await listen();
    const heard = new Heard();
    opener(port)(heard, { number: 0, endpoint: null, region: 0 })[end]();
    await settle();
    expect(heard.calls).toEqual([]);
  });

  it("is given up by reset in the middle of the handshake", async () => {
    // A peer that takes TCP connections and says nothing.
    const silent = createTcpServer();
    servers.push(silent);
    const peer = new Promise<Socket>((resolve) => silent.once("connection", resolve));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const heard = new Heard();
    const transport = opener((silent.address() as AddressInfo).port)(heard, {
      number: 0,
      endpoint: null,
      region: 0,
    });
    const [socket] = await Promise.all([peer, heard.until("step tls")]);
    // Node 22 takes an RST that comes with the first bytes for FIN.
    await new Promise((resolve) => socket.once("data", resolve));
    const end = endOf(socket);
    transport.reset();
    expect(await end).toBe("ECONNRESET");
    expect(heard.calls).toEqual(["step tls"]);
  });

  it("offers the protocols of alpn", async () => {
    const { listening } = await connected({ ALPNProtocols: ["mqtt"] }, { alpn: ["mqtt"] });
    expect(listening.offered).toEqual(["mqtt"]);
  });
});

describe("what does not verify is refused", () => {
  async function refusal(
    server: TlsOptions,
    changes: Partial<TlsMaterial>,
    host?: string,
  ): Promise<readonly string[]> {
    const { port } = await listen(server);
    const heard = new Heard();
    opener(port, changes, {}, host)(heard, { number: 0, endpoint: null, region: 0 });
    await heard.closed();
    return heard.calls;
  }

  it("an authority that is not the broker's", async () => {
    const other = await createCertificate({ name: "other", authority: true });
    expect(await refusal({}, { ca: [other.cert] })).toEqual(["step tls", "closed tls_certificate"]);
  });

  it("any broker of an authority that Node does not know, without ca", async () => {
    expect(await refusal({}, { ca: null })).toEqual(["step tls", "closed tls_certificate"]);
  });

  it("a certificate for another name", async () => {
    const elsewhere = await createCertificate({ name: "elsewhere", hosts: ["elsewhere"], issuer: authority });
    const server = { cert: elsewhere.cert, key: elsewhere.key };
    expect(await refusal(server, {})).toEqual(["step tls", "closed tls_certificate"]);
  });

  it("a certificate that has expired", async () => {
    const old = await createCertificate({
      name: "old",
      hosts: ["127.0.0.1"],
      issuer: authority,
      notAfter: new Date(Date.now() - 3_600_000),
    });
    expect(await refusal({ cert: old.cert, key: old.key }, {})).toEqual([
      "step tls",
      "closed tls_certificate",
    ]);
  });

  it("a version of TLS below the least", async () => {
    expect(await refusal({ maxVersion: "TLSv1.2" }, { minVersion: "TLSv1.3" })).toEqual([
      "step tls",
      "closed tls_alert",
    ]);
  });

  it("a peer that speaks no TLS", async () => {
    const plain = createTcpServer((socket) => {
      sockets.push(socket);
      socket.end("this is no TLS record");
    });
    servers.push(plain);
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const heard = new Heard();
    opener((plain.address() as AddressInfo).port)(heard, { number: 0, endpoint: null, region: 0 });
    await heard.closed();
    expect(heard.calls).toEqual(["step tls", "closed tls"]);
  });

  it("a peer that closes within the handshake", async () => {
    const closing = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.destroy();
    });
    servers.push(closing);
    await new Promise<void>((resolve) => closing.listen(0, "127.0.0.1", resolve));
    const heard = new Heard();
    opener((closing.address() as AddressInfo).port)(heard, { number: 0, endpoint: null, region: 0 });
    await heard.closed();
    expect(heard.calls).toEqual(["step tls", "closed tls"]);
  });
});

describe("what verifies otherwise", () => {
  it("is taken by the server's name of the settings", async () => {
    const named = await createCertificate({ name: "named", hosts: ["broker.example"], issuer: authority });
    const { heard } = await connected({ cert: named.cert, key: named.key }, { serverName: "broker.example" });
    expect(heard.calls).toEqual(["step tls", "open"]);
  });

  it("is taken whatever it is with insecure", async () => {
    const { heard } = await connected({}, { ca: null, insecure: true });
    expect(heard.calls).toEqual(["step tls", "open"]);
  });

  it("a name is resolved, asked for and verified", async () => {
    const { port } = await listen();
    const heard = new Heard();
    opener(port, {}, {}, "localhost")(heard, { number: 0, endpoint: null, region: 0 });
    await heard.until("open");
  });
});

describe("a device's own certificate", () => {
  const mutual: TlsOptions = { requestCert: true, rejectUnauthorized: true, ca: [authority.cert] };

  async function outcome(certificate: ClientCertificate | null, tls: TlsOptions = mutual) {
    const { port } = await listen(tls);
    const heard = new Heard();
    const reasons: string[] = [];
    const open = opener(port, {}, { onBadCertificate: (reason) => reasons.push(reason) });
    open(heard, { number: 0, endpoint: null, region: 0, certificate });
    return { heard, reasons };
  }

  it("is sent", async () => {
    const { heard } = await outcome(device);
    await heard.until("open");
  });

  it("is missed by a broker that wants one: TLS 1.3 says so after the handshake", async () => {
    const { heard } = await outcome(null);
    await heard.until("closed tls_alert");
    expect(heard.calls).toEqual(["step tls", "open", "closed tls_alert"]);
  });

  it("is missed by a broker that wants one: TLS 1.2 says so within it", async () => {
    const { heard } = await outcome(null, { ...mutual, maxVersion: "TLSv1.2" });
    await heard.closed();
    expect(heard.calls).toEqual(["step tls", "closed tls_alert"]);
  });

  it("that cannot be used is refused, and named once", async () => {
    const { heard, reasons } = await outcome({ cert: device.cert, key: "no key" });
    await heard.closed();
    expect(heard.calls).toEqual(["closed tls_client_certificate"]);
    expect(reasons).toHaveLength(1);
  });
});

describe("session resumption", () => {
  async function reconnects(resume: boolean, version: "TLSv1.2" | "TLSv1.3"): Promise<string[]> {
    const listening = await listen({ maxVersion: version });
    servers.at(-1)?.on("secureConnection", (socket: Socket) => socket.write("ready"));
    const open = opener(listening.port, {}, { resume });
    const devices = [
      { number: 0, endpoint: null, region: 0 },
      { number: 1, endpoint: null, region: 0 },
    ];
    const opened: string[] = [];
    for (const dialer of [devices[0], devices[0], devices[1]] as {
      number: number;
      endpoint: null;
      region: 0;
    }[]) {
      const heard = new Heard();
      const transport = open(heard, dialer);
      await heard.until("bytes ready");
      // The tickets of TLS 1.3 come after the handshake, and their event after the bytes.
      await settle();
      opened.push(heard.calls[1] as string);
      transport.reset();
    }
    return opened;
  }

  it.each(["TLSv1.2", "TLSv1.3"] as const)("is of one device, %s", async (version) => {
    expect(await reconnects(true, version)).toEqual(["open", "open, resumed", "open"]);
  });

  it("is not tried where it is off", async () => {
    expect(await reconnects(false, "TLSv1.3")).toEqual(["open", "open", "open"]);
  });
});

it("secure contexts are shared, and made once for each certificate", () => {
  const read: string[] = [];
  const contexts = new SecureContexts(NO_TLS_SETTINGS, (pem) => {
    read.push(pem);
    return pem;
  });
  expect(contexts.of(null)).toBe(contexts.of(null));
  expect(contexts.of(device)).toBe(contexts.of({ cert: device.cert, key: device.key }));
  expect(contexts.of(device)).not.toBe(contexts.of(null));
  expect(read).toEqual([device.cert, device.key]);
});
