import { expect, it } from "vitest";
import type { VuContext } from "../../../engine/src/artillery.ts";
import { connect } from "../../../engine/src/script/steps/connect.ts";
import { bindDevice, type Compiler } from "../../../engine/src/script/steps/step.ts";
import { Rig } from "../device/device-rig.ts";

/** Whoever waits for the device waits for ever. */
const compiler = { fleet: { whenReady: () => {} } } as unknown as Compiler;

function connected(settings: object, vars: Record<string, unknown>): Rig {
  const rig = new Rig();
  const context: VuContext = { vars };
  bindDevice(context, rig.device);
  connect.compile(connect.schema.parse({ connect: settings }), compiler, [])(context, () => {});
  rig.broker.opens();
  return rig;
}

it("renders client id, user name and password of the device, and keeps them for reconnects", () => {
  const vars = { deviceId: "d1", token: "t1" };
  const rig = connected(
    { clientId: "x-{{ deviceId }}", username: "{{ deviceId }}", password: "{{ token }}" },
    vars,
  );
  const expected = { cmd: "connect", clientId: "x-d1", username: "d1", password: Buffer.from("t1") };
  expect(rig.broker.packets()).toMatchObject([expected]);
  vars.token = "t2";
  rig.broker.ends();
  rig.time.advance(100);
  rig.broker.opens();
  expect(rig.broker.packets()).toMatchObject([expected]);
});

it("leaves what it does not name as it is", () => {
  const rig = connected({ username: "me" }, {});
  expect(rig.broker.packets()).toMatchObject([
    { clientId: "device-000007", username: "me", password: Buffer.from("secret") },
  ]);
});
