import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
  changeOf,
  type LiveChange,
  serverSentEvent,
  wholeOf,
} from "../../../../results/src/live/live-feed.ts";
import { LiveServer } from "../../../../results/src/live/live-server.ts";
import type { LiveView } from "../../../../results/src/live/live-view.ts";

const open: LiveServer[] = [];
afterEach(() => Promise.all(open.splice(0).map((one) => one.close(false))));

async function start(report: (() => Promise<string | null>) | null = null): Promise<LiveServer> {
  const server = await LiveServer.start({ port: 0, report, isBackground: false });
  open.push(server);
  return server;
}

interface Answer {
  status: number | undefined;
  headers: IncomingMessage["headers"];
  text: string;
}

function ask(
  server: LiveServer,
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Answer> {
  return new Promise((done, failed) => {
    const { hostname, port } = new URL(server.url);
    request({ hostname, port, path, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () => done({ status: response.statusCode, headers: response.headers, text }));
    })
      .on("error", failed)
      .end();
  });
}

/** The stream as bytes; a reader that goes on. */
function listen(server: LiveServer): { text: () => string; ended: Promise<void>; leave: () => void } {
  let text = "";
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET /events HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
  socket.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  const ended = new Promise<void>((done) => socket.on("close", () => done()));
  return { text: () => text, ended, leave: () => socket.destroy() };
}

const view = (changes: Partial<LiveView> = {}): LiveView => ({
  title: "t",
  layout: "<p>",
  parts: { a: "1", b: "2" },
  plots: [],
  ...changes,
});

describe("who is answered", () => {
  it("is who asks by a name of loopback", async () => {
    const server = await start();
    const { port } = new URL(server.url);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    // Another port is that of a tunnel.
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      "localhost:8910",
      "127.0.0.1",
      `[::1]:${port}`,
    ])
      expect((await ask(server, "/", { host })).status).toBe(200);
    // DNS rebinding: the name of another is made to lead here.
    for (const host of [
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      `localhost.evil.example`,
      `evil.localhost:${port}`,
      `127.0.0.1:${port}@evil.example`,
    ]) {
      const answer = await ask(server, "/events", { host });
      expect([host, answer.status, answer.text]).toEqual([
        host,
        403,
        "Only under the names of this machine itself: 127.0.0.1, localhost.\n",
      ]);
    }
  });

  it("asks with GET, and from no other site", async () => {
    const server = await start();
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"]) {
      const { status, headers } = await ask(server, "/events", {}, method);
      expect([method, status, headers.allow]).toEqual([method, 405, "GET"]);
    }
    for (const site of ["cross-site", "same-site"])
      expect((await ask(server, "/events", { "sec-fetch-site": site })).status).toBe(403);
    // A link in a mail may lead to the page.
    expect((await ask(server, "/", { "sec-fetch-site": "cross-site" })).status).toBe(200);
    const { headers } = await ask(server, "/", { origin: "https://evil.example" });
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  it("gets three paths, and no file", async () => {
    const server = await start();
    for (const path of [
      "/../package.json",
      "/%2e%2e/etc/passwd",
      "//etc/passwd",
      "/worker-1.json",
      "/report",
      "/index.html",
    ])
      expect((await ask(server, path)).status).toBe(404);
    expect((await ask(server, "/?a=b")).status).toBe(200);
  });
});

it("sends a page that loads nothing and runs its own script alone", async () => {
  const { headers, text } = await ask(await start(), "/");
  expect(headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  });
  expect(headers["content-security-policy"]).toMatch(
    /^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; base-uri 'none'; form-action 'none'; connect-src 'self'; frame-ancestors 'none'$/,
  );
  expect(text).not.toMatch(/(?:src|href)="?https?:/);
});

it("sends the whole to who comes, then what is new, and the end", async () => {
  const server = await start();
  const early = listen(server);
  await expect.poll(early.text).toContain("retry: 2000\n\n");
  expect(early.text()).toMatch(
    /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Type: text\/event-stream; charset=utf-8\r\n/,
  );
  const first = view();
  server.show(first, null);
  await expect.poll(early.text).toContain(serverSentEvent("change", wholeOf(first)));
  const second = view({ parts: { a: "line\nbreak", b: "2" } });
  const change = changeOf(first, second);
  expect(change).toEqual({ isWhole: false, title: "t", parts: { a: "line\nbreak" }, plots: [] });
  server.show(second, change);
  const event = serverSentEvent("change", change);
  // One line of data: nothing in it begins another event.
  expect(event.split("\n")).toHaveLength(4);
  await expect.poll(early.text).toContain(event);
  const late = listen(server);
  await expect.poll(late.text).toContain(serverSentEvent("change", wholeOf(second)));
  expect(late.text()).not.toContain('"isWhole":false');
  await server.close(true);
  open.length = 0;
  await Promise.all([early.ended, late.ended]);
  for (const { text } of [early, late]) expect(text()).toContain("event: over\ndata: null\n\n");
});

it("closes at once, whoever is still there", async () => {
  const server = await start();
  const reader = listen(server);
  await expect.poll(reader.text).toContain("retry");
  // Half a request.
  const { hostname, port } = new URL(server.url);
  const half = connect(Number(port), hostname).on("error", () => {});
  half.write("GET / HT");
  await server.close(false);
  open.length = 0;
  await reader.ended;
  half.destroy();
});

it("takes no more readers than it can serve, and forgets those that left", async () => {
  const server = await start();
  const readers = Array.from({ length: 32 }, () => listen(server));
  await expect.poll(() => readers.every(({ text }) => text().includes("retry"))).toBe(true);
  expect(await ask(server, "/events")).toMatchObject({ status: 503 });
  for (const reader of readers) reader.leave();
  await expect
    .poll(async () => {
      const again = listen(server);
      await expect.poll(again.text).toContain("HTTP/1.1 ");
      again.leave();
      return again.text();
    })
    .toContain("200 OK");
});

it("shows the report where there is one, and says why not", async () => {
  let report = (): Promise<string | null> => Promise.resolve(null);
  const server = await start(() => report());
  expect(await ask(server, "/report")).toMatchObject({
    status: 404,
    text: "The run has not ended: there is no report yet.\n",
  });
  report = () => Promise.resolve("<p>all</p>");
  expect(await ask(server, "/report")).toMatchObject({ status: 200, text: "<p>all</p>" });
  report = () => Promise.reject(new Error("no worker files"));
  expect(await ask(server, "/report")).toMatchObject({
    status: 500,
    text: "The report cannot be made: no worker files\n",
  });
});

it("refuses a port that is taken", async () => {
  const server = await start();
  const port = Number(new URL(server.url).port);
  await expect(LiveServer.start({ port, report: null, isBackground: false })).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
});

it("sends a view anew where its places changed, and nothing where nothing is new", () => {
  const before = view();
  expect(changeOf(before, view())).toBeNull();
  expect(changeOf(before, view({ layout: "<div>" }))).toEqual(
    wholeOf(view({ layout: "<div>" })) satisfies LiveChange,
  );
  expect(changeOf(before, view({ title: "u" }))).toEqual({
    isWhole: false,
    title: "u",
    parts: {},
    plots: [],
  });
});
