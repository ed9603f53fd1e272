import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { createCertificate } from "../../engine/src/lab/certificate.ts";
import type { Summary } from "../../results/src/judge/summary-schema.ts";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import {
  CLOUD_HOST,
  CloudBroker,
  type CloudName,
  type CloudReply,
  type CloudRequest,
  type CloudTls,
} from "../support/cloud-broker.ts";

/** The scenario files that users run, as they are; only fleet and storm are smaller. */

const SCENARIOS = resolve(fileURLToPath(import.meta.url), "../../../scenarios");
const FILES: Record<CloudName, string> = {
  aws: "aws-iot-shadow.yml",
  azure: "azure-iot-hub-twin.yml",
  thingsboard: "thingsboard-attributes.yml",
};
/** What the files say. */
const ENVIRONMENT = {
  AWS_IOT_ENDPOINT: CLOUD_HOST,
  AWS_IOT_CERT: "device.pem.crt",
  AWS_IOT_KEY: "private.pem.key",
  THINGSBOARD_HOST: CLOUD_HOST,
  AZURE_IOT_HUB: "my-hub.azure-devices.net",
  AZURE_IOT_PASSWORD: "SharedAccessSignature sr=…",
};
const DEVICES = 20;

const authority = await createCertificate({ name: "authority", authority: true });

/** How the file reaches its cloud over TLS: the environment of `-e`, and what the cloud wants there. */
interface Secured extends Pick<CloudTls, "deviceName" | "alpn"> {
  environment: string;
  /** Keys of the `connect` step. */
  connect?: object;
  /** More of `config.engines.mqtt`. */
  settings?: object;
}

const SECURED: Record<CloudName, Secured> = {
  // https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html: one certificate for the fleet, on port 443.
  aws: { environment: "aws-443", deviceName: () => "fleet", alpn: "x-amzn-mqtt-ca" },
  // As the file says for X.509: a certificate of each device.
  azure: {
    environment: "azure",
    deviceName: (clientId) => clientId,
    alpn: null,
    connect: { cert: "{{ deviceId }}.crt", key: "{{ deviceId }}.key" },
    settings: { password: null },
  },
  thingsboard: { environment: "thingsboard", deviceName: null, alpn: null },
};

/** Certificates of the run, made for it: what the cloud has, and the files that the devices find. */
async function certificates({
  deviceName,
  alpn,
}: Secured): Promise<{ tls: CloudTls; files: Record<string, string> }> {
  const of = (name: string, hosts: string[] = []) => createCertificate({ name, hosts, issuer: authority });
  const { cert, key } = await of("cloud", [CLOUD_HOST]);
  const fleet = await of("fleet");
  const files: Record<string, string> = {
    "authority.pem": authority.cert,
    "device.pem.crt": fleet.cert,
    "private.pem.key": fleet.key,
  };
  for (let i = 0; deviceName !== null && i < DEVICES; i++) {
    const id = `device-${String(i).padStart(6, "0")}`;
    const own = await of(id);
    Object.assign(files, { [`${id}.crt`]: own.cert, [`${id}.key`]: own.key });
  }
  return { tls: { cert, key, ca: authority.cert, deviceName, alpn }, files };
}

interface CloudRun {
  summary: Summary;
  broker: CloudBroker;
  output: string;
}

interface RunSettings {
  reply?: (request: CloudRequest) => CloudReply;
  /** How long the storm is watched. */
  windowS?: number;
  severalWorkers?: boolean;
  /** Over plain TCP unless given. */
  secured?: Secured;
}

async function run(cloud: CloudName, settings: RunSettings = {}): Promise<CloudRun> {
  const { windowS = 5, severalWorkers = false, secured } = settings;
  const made = secured === undefined ? null : await certificates(secured);
  const broker = await CloudBroker.start(cloud, made?.tls);
  onTestFinished(() => broker.stop());
  if (settings.reply !== undefined) broker.reply = settings.reply;
  const overrides = {
    config: {
      phases: [{ duration: 1, arrivalRate: DEVICES }],
      engines: {
        mqtt: {
          storms: [{ at: "3s", fraction: 1, cause: "reset", window: `${windowS}s` }],
          ...(secured === undefined ? {} : { tls: { ca: "authority.pem" }, ...secured.settings }),
        },
      },
    },
  };
  const path = join(SCENARIOS, FILES[cloud]);
  const artillery = await runArtillery(
    secured?.connect === undefined ? path : withConnect(path, secured.connect),
    {
      args: [
        ...(secured === undefined ? [] : ["-e", secured.environment]),
        ...["-t", broker.url, "--overrides", JSON.stringify(overrides)],
      ],
      files: made?.files ?? {},
      severalWorkers,
      env: ENVIRONMENT,
    },
  );
  onTestFinished(() => rmSync(artillery.runDirectory, { recursive: true, force: true }));
  const output = artillery.stdout + artillery.stderr;
  expect(artillery.code, output).toBe(0);
  return { summary: summaryOf(artillery), broker, output };
}

/** The file with more keys in its `connect` step: artillery replaces lists of scenarios, and merges no step. */
function withConnect(path: string, connect: object): object {
  const script = parse(readFileSync(path, "utf8")) as { scenarios: { flow: { connect?: object }[] }[] };
  const step = script.scenarios[0]?.flow.find((one) => one.connect !== undefined);
  Object.assign(step?.connect ?? {}, connect);
  return script;
}

function summaryOf({ runDirectory }: ArtilleryRun): Summary {
  const results = join(runDirectory, "mqtt-results");
  const [testRunId] = readdirSync(results);
  return JSON.parse(readFileSync(join(results, testRunId as string, "summary.json"), "utf8")) as Summary;
}

/** Everyone came back, within the protocol of the cloud, and the two sides count alike. */
function expectRecovered({ summary, broker, output }: CloudRun): void {
  expect(broker.faults, output).toEqual([]);
  expect(summary.complete).toBe(true);
  expect(summary.fleet).toMatchObject({ devices: DEVICES, everOnline: DEVICES });
  expect(summary.storms).toHaveLength(1);
  expect(summary.storms[0]).toMatchObject({
    affected: DEVICES,
    recovered: DEVICES,
    unrecovered: 0,
    verdict: "recovered",
  });
  const requests = [...broker.requests.values()].reduce((sum, count) => sum + count, 0);
  expect(broker.requests.size).toBe(DEVICES);
  expect(summary.totals).toMatchObject({
    connectsAccepted: broker.accepted,
    configRequests: requests,
    configRejected: broker.sent.rejections,
  });
  expect(summary.totals.configResponses + summary.totals.lateResponses).toBe(broker.sent.answers);
}

test.each<CloudName>([
  "aws",
  "azure",
  "thingsboard",
])("%s: each device asks on each connect over TLS and is answered, over several workers", async (cloud) => {
  const cloudRun = await run(cloud, { severalWorkers: true, secured: SECURED[cloud] });
  expectRecovered(cloudRun);
  expect(cloudRun.broker.overTls).toBe(2 * DEVICES);
  expect(cloudRun.summary.tls).toEqual({ insecure: false });
  const { summary } = cloudRun;
  expect(summary.workers).toBe(3);
  expect(summary.totals).toMatchObject({
    connectsAccepted: 2 * DEVICES,
    configRequests: 2 * DEVICES,
    configResponses: 2 * DEVICES,
    configTimeouts: 0,
    configRejected: 0,
    lateResponses: 0,
  });
  expect(summary.storms[0]).toMatchObject({ configRequests: DEVICES, configResponses: DEVICES });
  expect(summary.errors).toEqual({});
});

test("aws: a refused device drops its connection, backs off and asks again", async () => {
  // The second request is the first after the storm.
  const cloudRun = await run("aws", {
    reply: ({ nth }) => ({ kind: nth === 2 ? "reject" : "answer" }),
    windowS: 7,
  });
  expectRecovered(cloudRun);
  const { summary } = cloudRun;
  expect(summary.totals).toMatchObject({
    connectsAccepted: 3 * DEVICES,
    configRequests: 3 * DEVICES,
    configResponses: 2 * DEVICES,
    configRejected: DEVICES,
    configTimeouts: 0,
    lateResponses: 0,
  });
  expect(summary.errors).toMatchObject({ config_rejected: DEVICES, bootstrap_refused: DEVICES });
});

test("azure: a refused device, or one answered too late, asks again on the same connection", async () => {
  const isRefused = (clientId: string): boolean => Number(clientId.slice(-1)) % 2 === 0;
  const cloudRun = await run("azure", {
    reply: ({ clientId, nth }) => {
      if (nth !== 2) return { kind: "answer" };
      return isRefused(clientId) ? { kind: "reject" } : { kind: "answer", delayMs: 6000 };
    },
    windowS: 10,
  });
  expectRecovered(cloudRun);
  const { summary } = cloudRun;
  expect(summary.totals).toMatchObject({
    connectsAccepted: 2 * DEVICES,
    configRequests: 3 * DEVICES,
    configResponses: 2 * DEVICES,
    configRejected: DEVICES / 2,
    configTimeouts: DEVICES / 2,
    lateResponses: DEVICES / 2,
  });
  expect(summary.errors).toMatchObject({ config_rejected: DEVICES / 2 });
  // The time-out of 5 s is part of the outage.
  expect(summary.storms[0]?.readyMs.p50).toBeGreaterThan(5000);
});

test("thingsboard: a device that is not answered times out, reconnects and asks again", async () => {
  const cloudRun = await run("thingsboard", {
    reply: ({ nth }) => ({ kind: nth === 2 ? "drop" : "answer" }),
    windowS: 12,
  });
  expectRecovered(cloudRun);
  const { summary } = cloudRun;
  expect(summary.totals).toMatchObject({
    connectsAccepted: 3 * DEVICES,
    configRequests: 3 * DEVICES,
    configResponses: 2 * DEVICES,
    configTimeouts: DEVICES,
    configRejected: 0,
    lateResponses: 0,
  });
  expect(summary.errors).toMatchObject({ bootstrap_timeout: DEVICES });
  // Lost, 1 s, asked, 5 s, 1 s again.
  expect(summary.storms[0]?.readyMs.p50).toBeGreaterThan(7000);
});
