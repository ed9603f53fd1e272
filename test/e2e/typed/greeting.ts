import type { MqttConfig, MqttContext, MqttHook, MqttScript } from "artillery-engine-mqtt";

/** A script in TypeScript, as a user writes it: run by typed-script.test.ts, and compiled with all tests. */

async function sign({ vars }: MqttContext): Promise<void> {
  vars["token"] = `token of ${String(vars["deviceId"])}`;
}

async function greet({ vars }: MqttContext): Promise<void> {
  vars["greeting"] = `hello, ${String(vars["token"])}`;
}

export const config: MqttConfig = {
  target: "lab",
  phases: [{ duration: 1, arrivalCount: 4 }],
  engines: {
    mqtt: {
      reconnect: { preset: "aws-iot" },
      storms: [{ at: "2s", fraction: "50 %", cause: "reset", window: "3s" }],
    },
  },
};

export const before: MqttHook = { engine: "mqtt", flow: [{ lab: {} }] };

export const scenarios: MqttScript["scenarios"] = [
  {
    name: "typed",
    engine: "mqtt",
    flow: [
      { connect: { username: "{{ deviceId }}", password: "{{ token }}", beforeConnect: sign } },
      { function: greet },
      { log: "{{ greeting }}", ifTrue: (vars) => String(vars["deviceId"]).length > 0 },
      { log: "never said", ifTrue: () => false },
      { stayOnline: {} },
    ],
  },
];
