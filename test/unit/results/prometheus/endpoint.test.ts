import { request } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { BroadcastChannel } from "node:worker_threads";
import { FIGURES_CHANNEL } from "artillery-engine-mqtt/contract";
import { expect, it, onTestFinished, vi } from "vitest";
import { type EndpointOptions, PrometheusEndpoint } from "../../../../results/src/prometheus/endpoint.ts";
import { readScrape, sumOf } from "../../../support/prometheus.ts";
import { record } from "../../../support/run-files.ts";

async function endpoint(changes: Partial<EndpointOptions> = {}) {
  const log = vi.fn<(line: string) => void>();
  const options = {
    port: 0,
    host: "127.0.0.1",
    lastScrape: 30_000,
    testRunId: () => "t1",
    log,
    isQuiet: false,
  };
  const own = new PrometheusEndpoint({ ...options, ...changes });
  const port = await own.port();
  return { own, port, log, url: `http://127.0.0.1:${port}/metrics` };
}

const scrape = async (url: string): Promise<ReturnType<typeof readScrape>> =>
  readScrape(await (await fetch(url)).text());

it("serves what workers tell, and waits at the end for whoever has scraped before", async () => {
  const { own, url, log } = await endpoint();
  expect(log.mock.calls).toEqual([[`mqtt-results: Prometheus: ${url}`]]);
  const worker = new BroadcastChannel(FIGURES_CHANNEL);
  onTestFinished(() => worker.close());
  const cohorts = { a: { devices: 7, everOnline: 7 } };
  worker.postMessage({
    record: record({ state: "running", cohorts }),
    online: { a: 5 },
    ready: { a: 5 },
    refused: {},
    serverDisconnects: {},
    intervals: "",
  });
  await vi.waitFor(async () => expect(sumOf(await scrape(url), "mqtt_devices_online")).toBe(5));
  let isOver = false;
  const end = own.finish().then(() => {
    isOver = true;
  });
  await nextTurn();
  expect(isOver).toBe(false);
  const last = await scrape(url);
  expect(sumOf(last, "mqtt_devices_online")).toBe(0);
  expect(sumOf(last, "mqtt_devices_started_total")).toBe(7);
  await end;
  await expect(fetch(url)).rejects.toThrow();
});

it("waits for nobody where nobody has asked", async () => {
  const { own } = await endpoint();
  await own.finish();
});

it("waits no longer than it may", async () => {
  const { own, url } = await endpoint({ lastScrape: 1 });
  await scrape(url);
  await own.finish();
});

it("a port in use is said, with what to do, and the run goes on", async () => {
  const { own, port } = await endpoint();
  const second = await endpoint({ port: port as number });
  expect(second.port).toBe(null);
  expect(second.log.mock.calls.flat().join()).toBe(
    `mqtt-results: WARNING: no metrics at http://127.0.0.1:${port}/metrics, the run goes on without (the port is in use: choose another with prometheus: { port })`,
  );
  await Promise.all([own.finish(), second.own.finish()]);
});

it("says so where other machines reach it, also where it is to be quiet", async () => {
  const quiet = await endpoint({ isQuiet: true });
  expect(quiet.log).not.toHaveBeenCalled();
  const open = await endpoint({ host: "0.0.0.0", isQuiet: true });
  expect(open.log.mock.calls.flat().join()).toMatch(
    /0\.0\.0\.0:\d+\/metrics, open to every machine that reaches/,
  );
  await Promise.all([quiet.own.finish(), open.own.finish()]);
});

it("answers nothing but a read of /metrics", async () => {
  const { own, url, port } = await endpoint();
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
  expect((await fetch(url, { method: "POST" })).status).toBe(405);
  const head = await fetch(`${url}?x=1`, { method: "HEAD" });
  expect(head.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  // A scraper that holds its connection does not hold up the end.
  request(url, { headers: { connection: "keep-alive" } })
    .on("error", () => {})
    .flushHeaders();
  const end = own.finish();
  await fetch(url).catch(() => {});
  await end;
});
