/** What Artillery's users take for granted of an engine: checks, errors by reason, templates, plugins. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import { startRecordingBroker } from "../support/recording-broker.ts";

const PHASES = [{ duration: 1, arrivalCount: 3 }];

/** Artillery's names of why virtual users failed, with how many. */
function errorsOf(run: ArtilleryRun): Record<string, number> {
  return Object.fromEntries(
    Object.entries(finalCounters(run)).filter(([name]) => name.startsWith("errors.")),
  );
}

/** Artillery's report at the end: counters by name. */
function finalCounters({ stdout }: ArtilleryRun): Record<string, number> {
  const report = stdout.slice(stdout.lastIndexOf("Summary report"));
  return Object.fromEntries(
    [...report.matchAll(/^([\w.$]+): \.+ (\d+)$/gm)].map(([, name = "", value]) => [name, Number(value)]),
  );
}

it("sends whole JSON around a template, and lets checks hold counters at 0 against a limit", async () => {
  const broker = await startRecordingBroker();
  const run = await runArtillery({
    config: {
      target: broker.url,
      phases: PHASES,
      variables: { temp: 21 },
      engines: { mqtt: {} },
      plugins: { ensure: {} },
      ensure: {
        thresholds: [
          { "mqtt.config.timeouts": 1 },
          { "mqtt.connect.refused": 1 },
          { "mqtt.connect.refused.tcp_refused": 1 },
        ],
      },
    },
    scenarios: [
      {
        engine: "mqtt",
        flow: [
          { connect: {} },
          { publish: { topic: "plain", payload: '{"temp": {{ temp }}}' } },
          { publish: { topic: "called", payload: '{"a": {"temp": {{ $randomNumber(5,5) }}}}' } },
        ],
      },
    ],
  });
  expect(run.code, run.stdout + run.stderr).toBe(0);
  expect(run.stdout.match(/^ok: .+$/gm)).toHaveLength(3);
  expect(broker.payloadsOf("plain")).toEqual(Array(3).fill('{"temp": 21}'));
  expect(broker.payloadsOf("called")).toEqual(Array(3).fill('{"a": {"temp": 5}}'));
  expect(finalCounters(run)).toMatchObject({ "mqtt.publish.sent": 6, "mqtt.connect.refused": 0 });
});

const PROCESSOR = `
export function refused(context, events, done) { done(new Error("vault said 403")); }
export function throwsInBootstrap() { throw new TypeError("no such plant"); }
`;

it("names in errors what virtual users failed of, and says each text once, with its stack, without any plugin", async () => {
  const broker = await startRecordingBroker();
  const runOf = (parts: object): Promise<ArtilleryRun> =>
    runArtillery(
      {
        config: {
          target: broker.url,
          phases: PHASES,
          processor: "./processor.mjs",
          variables: { bad: "a/#/b" },
          engines: { mqtt: { reconnect: { policy: "fixed", base: "100ms" } } },
        },
        scenarios: [{ engine: "mqtt", ...parts }],
      },
      { files: { "processor.mjs": PROCESSOR } },
    );
  const id = (name: string): object => ({ connect: { clientId: `${name}-{{ deviceId }}` } });
  const [inFlow, badTopic, inBootstrap, wrongTopic] = await Promise.all([
    runOf({ flow: [id("flow"), { function: "refused" }] }),
    runOf({ flow: [id("topic"), { publish: { topic: "{{ bad }}" } }] }),
    runOf({
      onConnect: [{ function: "throwsInBootstrap" }],
      flow: [id("boot"), { stayOnline: { for: "1h" } }],
    }),
    runOf({ flow: [id("never"), { publish: { topic: "a/#/b" } }] }),
  ]);
  const said = (run: ArtilleryRun): string => run.stdout + run.stderr;
  expect(errorsOf(inFlow), said(inFlow)).toEqual({ "errors.script_error": 3 });
  expect(
    said(inFlow).match(/^mqtt: function refused\(\): vault said 403\n {4}at refused \(.+\)$/gm),
  ).toHaveLength(1);
  expect(errorsOf(badTopic), said(badTopic)).toEqual({ "errors.invalid_topic": 3 });
  expect(
    said(badTopic).match(/^mqtt: scenarios\[0\]\.flow\[1\] \(publish\): topic "a\/#\/b" may not hold .+$/gm),
  ).toHaveLength(1);
  // Neither a refusal nor a reconnect: each device came once, and left.
  expect(errorsOf(inBootstrap), said(inBootstrap)).toEqual({ "errors.script_error": 3 });
  expect(
    said(inBootstrap).match(/^mqtt: function throwsInBootstrap\(\): no such plant\n {4}at throws.+$/gm),
  ).toHaveLength(1);
  expect(finalCounters(inBootstrap)).toMatchObject({
    "mqtt.connect.attempts": 3,
    "vusers.failed": 3,
    "mqtt.disconnects.finished": 3,
  });
  expect(inBootstrap.code).toBe(0);
  const came = broker.connects.map(({ clientId }) => clientId);
  expect(came.filter((clientId) => clientId.startsWith("boot-"))).toHaveLength(3);
  // A topic without variables is judged before the run.
  expect(wrongTopic.code).toBe(11);
  expect(said(wrongTopic)).toContain("scenarios[0].flow[1].publish.topic");
  expect(came.filter((clientId) => clientId.startsWith("never-"))).toEqual([]);
});

it("takes functions that a plugin adds, beside the lab's hook; one that nobody adds ends the run before a device connects", async () => {
  const broker = await startRecordingBroker();
  const runOf = (topic: string): Promise<ArtilleryRun> =>
    runArtillery({
      config: { target: broker.url, phases: PHASES, engines: { mqtt: {} }, plugins: { "fake-data": {} } },
      before: { engine: "mqtt", flow: [{ lab: {} }] },
      scenarios: [{ engine: "mqtt", flow: [{ connect: {} }, { publish: { topic } }] }],
    });
  const [good, bad] = await Promise.all([
    runOf("mail/{{ $internetEmail() }}"),
    runOf("bad/{{ $internetEmial() }}"),
  ]);
  const said = (run: ArtilleryRun): string => run.stdout + run.stderr;
  expect(good.code, said(good)).toBe(0);
  expect(finalCounters(good)).toMatchObject({ "mqtt.publish.sent": 3, "vusers.failed": 0 });
  expect(bad.code, said(bad)).toBe(11);
  expect(said(bad)).toContain('scenarios[0].flow[1].publish.topic: "{{ $internetEmial() }}" is not allowed');
  expect(said(bad)).toContain("did you mean $internetEmail()?");
  // Those of the good run alone.
  expect(broker.topics()).toHaveLength(3);
  for (const topic of broker.topics()) expect(topic).toMatch(/^mail\/[^@/]+@[^@/]+$/);
  expect(broker.connects.filter(({ clientId }) => clientId.startsWith("device-"))).toHaveLength(3);
});

it("sends nothing undefined: it says which variable is not set, and where", async () => {
  const broker = await startRecordingBroker();
  const backEnd = createServer((_request, response) => response.end('{"token":"t-1"}'));
  await new Promise<void>((resolve) => backEnd.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void backEnd.close());
  const before = {
    flow: [
      {
        get: {
          url: `http://127.0.0.1:${(backEnd.address() as AddressInfo).port}/`,
          capture: { json: "$.token", as: "token" },
        },
      },
    ],
  };
  const runOf = (flow: object[], mqtt: object = {}, more: object = {}): Promise<ArtilleryRun> =>
    runArtillery(
      {
        config: { target: broker.url, phases: PHASES, processor: "./processor.mjs", engines: { mqtt } },
        ...more,
        scenarios: [{ engine: "mqtt", flow }],
      },
      { files: { "processor.mjs": "export function nothing(context, events, done) { done(); }" } },
    );
  const secret = { connect: { username: "u", password: "{{ $env.NO_SUCH_TOKEN }}" } };
  const [environment, settings, typo, hook, late] = await Promise.all([
    runOf([secret]),
    runOf([{ connect: {} }], {
      username: "u",
      password: "{{ $env.NO_SUCH_PASSWORD }}",
      clientIdPrefix: "{{ $env.NO_SUCH_PLANT }}-",
    }),
    runOf([{ connect: { password: "{{ tokn }}", username: "u" } }], {}, { before }),
    runOf([{ connect: { password: "{{ token }}", username: "u" } }], {}, { before }),
    runOf([{ function: "nothing" }, { connect: {} }, { publish: { topic: "t/{{ plnt }}" } }]),
  ]);
  const said = (run: ArtilleryRun): string => run.stdout + run.stderr;
  expect(environment.code, said(environment)).toBe(11);
  expect(said(environment)).toMatch(
    /scenarios\[0\]\.flow\[0\]\.connect\.password: .*allowed: a variable that is set in the environment/,
  );
  expect(settings.code, said(settings)).toBe(11);
  expect(said(settings)).toContain("config.engines.mqtt.password");
  expect(said(settings)).toContain("config.engines.mqtt.clientIdPrefix");
  expect(said(settings)).toContain("$env.NO_SUCH_PASSWORD");
  expect(said(settings)).toContain("$env.NO_SUCH_PLANT");
  expect(typo.code, said(typo)).toBe(11);
  expect(said(typo)).toMatch(/scenarios\[0\]\.flow\[0\]\.connect\.password: .+did you mean token\?/);
  expect(hook.code, said(hook)).toBe(0);
  // The user's code may have set it: each device says so itself.
  expect(errorsOf(late), said(late)).toEqual({ "errors.undefined_variable": 3 });
  expect(
    said(late).match(/^mqtt: scenarios\[0\]\.flow\[2\] \(publish\): \{\{ plnt \}\} is not set$/gm),
  ).toHaveLength(1);
  const devices = broker.connects.filter(({ clientId }) => !clientId.startsWith("probe-"));
  expect(devices.map(({ password }) => password).sort()).toEqual([null, null, null, "t-1", "t-1", "t-1"]);
  expect(broker.topics()).toEqual([]);
});
