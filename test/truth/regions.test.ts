import { describe, expect, it, onTestFinished } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { readSummary } from "../support/summary.ts";

const ACCEPTED = /New client connected from \S+ as device-/;

async function mosquitto(): Promise<Mosquitto> {
  const broker = await Mosquitto.start();
  onTestFinished(() => broker.stop());
  return broker;
}

describe.skipIf(!mosquittoAvailable())("two regions, each a Mosquitto", () => {
  it("share the fleet by weight; the lost one's devices go to the other and ask for its configuration", async () => {
    const [control, eu, us] = await Promise.all([mosquitto(), mosquitto(), mosquitto()]);
    const script = {
      config: {
        target: control.url,
        phases: [{ duration: 1, arrivalRate: 120 }],
        engines: {
          mqtt: {
            targets: [
              { name: "eu", url: eu.url, weight: 3 },
              { name: "us", url: us.url, weight: 1 },
            ],
            failover: { policy: "sticky", after: 2 },
            reconnect: { policy: "full-jitter", base: "200ms", cap: "1s" },
            storms: [{ at: "3s", regionLoss: { target: "eu", for: "3s" }, window: "6s" }],
            configService: { requestTopic: "config/+/+/get", responseTopic: "config/$1/$2" },
          },
        },
        plugins: { "mqtt-results": {} },
      },
      before: { engine: "mqtt", flow: [{ lab: {} }] },
      scenarios: [
        {
          name: "devices",
          engine: "mqtt",
          onConnect: [
            {
              request: {
                topic: "config/{{ region }}/{{ deviceId }}/get",
                responseTopic: "config/{{ region }}/{{ deviceId }}",
              },
            },
          ],
          flow: [{ connect: {} }, { stayOnline: {} }],
        },
      ],
    };
    const result = await runArtillery(script, { severalWorkers: true });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const { regions, storms, totals, fleet, errors, workers } = readSummary(result);
    const [inEu, inUs] = [regions["eu"], regions["us"]];
    const [storm] = storms;
    if (!inEu || !inUs || !storm) throw new Error("a region or the storm is missing");
    expect(workers).toBeGreaterThan(1);
    // 90 by weight; five standard deviations are 24.
    expect(inEu.homeDevices + inUs.homeDevices).toBe(fleet.devices);
    expect(Math.abs(inEu.homeDevices - 0.75 * fleet.devices)).toBeLessThan(24);
    expect(storm).toMatchObject({
      cause: "regionLoss",
      region: "eu",
      fraction: 0.75,
      affected: inEu.homeDevices,
      verdict: "recovered",
    });
    expect(inEu).toMatchObject({ connectsAccepted: inEu.homeDevices, failovers: 0 });
    expect(inUs).toMatchObject({ connectsAccepted: fleet.devices, failovers: inEu.homeDevices });
    expect(storm.regions["us"]).toMatchObject({
      connectsAccepted: inEu.homeDevices,
      configRequests: inEu.homeDevices,
      configResponses: inEu.homeDevices,
    });
    // Two refusals each, then the other region.
    expect(errors).toEqual({ region_lost: 2 * inEu.homeDevices });
    expect(totals.connectsAccepted).toBe(inEu.connectsAccepted + inUs.connectsAccepted);
    expect([eu, us, control].map((broker) => broker.logged(ACCEPTED))).toEqual([
      inEu.connectsAccepted,
      inUs.connectsAccepted,
      0,
    ]);
    expect(us.logged(/Received PUBLISH from device-.*'config\/us\/device-\d+\/get'/)).toBe(
      inUs.configRequests,
    );
    expect(us.logged(/'config\/eu\//)).toBe(0);
    expect(result.stdout).toContain("mqtt.region.us.connects");
    expect(result.stdout).toContain("region outage (eu)");
  });
});

it("region-failover.yml: two losses, each region's devices go to the next and come home", async () => {
  const overrides = JSON.stringify({
    config: {
      phases: [{ duration: 2, arrivalRate: 30 }],
      engines: {
        mqtt: {
          failover: { returnHome: "5s" },
          storms: [
            // It ends before the first of them goes home, which takes it off line for a moment.
            { at: "4s", regionLoss: { target: "ap", for: "3s" }, window: "5s" },
            { at: "15s", regionLoss: { target: "eu", for: "3s" }, window: "14s" },
          ],
        },
      },
    },
  });
  const result = await runArtillery("scenarios/region-failover.yml", { args: ["--overrides", overrides] });
  expect(result.code, result.stdout + result.stderr).toBe(0);
  const { regions, storms, disconnects, fleet } = readSummary(result);
  const { eu, ap, us } = regions;
  if (!eu || !ap || !us) throw new Error("a region is missing");
  expect(eu.homeDevices + ap.homeDevices + us.homeDevices).toBe(fleet.devices);
  expect(storms).toMatchObject([
    { region: "ap", affected: ap.homeDevices, verdict: "recovered" },
    { region: "eu", affected: eu.homeDevices, verdict: "recovered" },
  ]);
  // ap's devices go to us, eu's to ap: each once, for each comes home before the run ends.
  expect([eu.failovers, ap.failovers, us.failovers]).toEqual([0, eu.homeDevices, ap.homeDevices]);
  expect(disconnects["return_home"]).toBe(ap.homeDevices + eu.homeDevices);
  expect(eu.connectsAccepted).toBe(2 * eu.homeDevices);
});
