import { pause } from "../../engine/src/device/pause.ts";
import type { Asker } from "../../engine/src/device/session/requests.ts";
import { LOST, type Waiter } from "../../engine/src/device/turns.ts";
import type { Fleet } from "../../engine/src/fleet/fleet.ts";
import type { BackEnd } from "./back-end.ts";
import type { Chance } from "./chance.ts";
import type { Operations } from "./operations.ts";
import type { User } from "./user.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface MeddlerWorld {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly version: 4 | 5;
  readonly isCalm: boolean;
  readonly fleet: Fleet;
  readonly operations: Operations;
  readonly backEnd: BackEnd;
}

/** Gives devices inputs beside their flows, at any time, and from within the callbacks of others. */
export class Meddler {
  readonly #world: MeddlerWorld;

  constructor(world: MeddlerWorld) {
    this.#world = world;
  }

  meddle(user: User): void {
    const { chance } = this.#world;
    if (chance.is(0.7)) this.#operate(user);
    else this.move(user);
  }

  /** Brings it online, takes it away, breaks its connection. */
  move(user: User): void {
    const { chance, time } = this.#world;
    const { device } = user;
    const connectLater = (): void => time.later(chance.between(1, 2000), () => this.#connect(user));
    switch (chance.int(8)) {
      case 0:
      case 1:
        device.disconnect();
        // A storm must find some that are away.
        if (chance.is(0.9)) connectLater();
        return;
      case 2:
        device.disconnect();
        this.#connect(user);
        return;
      case 3:
      case 4:
        this.#connect(user);
        return;
      case 5:
        device.fail(chance.pick(["config_timeout", "bootstrap_timeout", "closed"] as const));
        return;
      case 6:
        device.look(device.env.port.now(), chance.pick([0, 1000]));
        return;
      default:
        if (chance.is(0.3)) user.leave(chance.is(0.5) ? "left" : "failed");
    }
  }

  /** As a flow does: it may have brought the device online before. */
  #connect(user: User): void {
    if (user.goneAs === null) user.device.connect();
  }

  #operate(user: User): void {
    const { chance, fleet, backEnd } = this.#world;
    const { device } = user;
    const { exchange } = device;
    const id = `${device.number}`;
    switch (chance.int(9)) {
      case 0:
        exchange.subscribe(
          [`commands/${id}`, "news/all"],
          1,
          chance.is(0.5),
          this.#waiter(user, "subscribe"),
        );
        return;
      case 1:
        exchange.unsubscribe(["news/all"], this.#waiter(user, "unsubscribe"));
        return;
      case 2:
      case 3:
      case 4: {
        const qos = chance.pick([0, 1, 2] as const);
        const payload = chance.is(0.2) ? "x".repeat(80) : "p";
        const retain = chance.is(0.3);
        exchange.publish({ topic: `data/${id}`, payload, qos, retain }, this.#waiter(user, `publish ${qos}`));
        return;
      }
      case 5:
        this.#request(user);
        return;
      case 6:
        exchange.ask({
          timeoutMs: 1000,
          start: (answered) => backEnd.ask(answered),
          asker: this.#asker(user, "call"),
        });
        return;
      case 7:
        pause(device, chance.between(0, 2000), this.#waiter(user, "pause"));
        return;
      default:
        fleet.whenReady(device, chance.pick([null, 1000]), this.#waiter(user, "wait"));
    }
  }

  #request(user: User): void {
    const { chance, version } = this.#world;
    const { device } = user;
    const where = `${device.number}/m`;
    device.exchange.request({
      topic: `ask/${where}`,
      payload: "",
      qos: chance.pick([0, 1, 2] as const),
      responseTopic: `answers/${where}`,
      rejectedTopic: chance.is(0.5) ? `rejected/${where}` : null,
      listen: [`answers/${where}`, `rejected/${where}`],
      correlation: chance.pick(
        version === 5 ? (["none", "order", "properties"] as const) : (["none", "order"] as const),
      ),
      requestId: device.nextRequestId(),
      timeoutMs: chance.pick([300, 1500]),
      asker: this.#asker(user, "request"),
    });
  }

  #asker(user: User, name: string): Asker {
    const waiter = this.#waiter(user, name);
    return { answered: (outcome) => waiter.settled(outcome === "answer" ? null : outcome) };
  }

  /** Whoever waits may do the next thing at once. */
  #waiter(user: User, name: string): Waiter {
    const { chance, operations } = this.#world;
    return operations.waiter(name, (failure) => {
      if (this.#world.isCalm || user.goneAs !== null) return;
      // Who hears of a loss is in the middle of what takes the connection away: a storm, a broker, another callback.
      if (failure === LOST && chance.is(0.3)) this.move(user);
      else if (chance.is(0.3)) this.meddle(user);
    });
  }
}
