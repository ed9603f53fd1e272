/** Child process: one forecast; prints what it took as JSON. Arguments: script, devices, directory for its files. */

import { forecast } from "artillery-engine-mqtt/forecast";
import { loadScript } from "../../results/src/commands/script-to-forecast.ts";

const [path = "", devices = "", directory = ""] = process.argv.slice(2);
const startedMs = performance.now();
const run = await forecast(loadScript(path), {
  devices: Number(devices),
  directory,
  testRunId: "speed",
});
const seconds = (performance.now() - startedMs) / 1000;
const { maxRSS } = process.resourceUsage();
process.stdout.write(
  JSON.stringify({
    devices: run.devices,
    seconds,
    virtualSeconds: run.tookMs / 1000,
    events: run.events,
    peakRssBytes: maxRSS * 1024,
  }),
);
