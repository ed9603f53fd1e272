import type { Attempt } from "../device/attempt.ts";
import type { Device } from "../device/device.ts";
import type { Link } from "../device/port.ts";
import { Host, type HostOptions } from "../fleet/host.ts";
import type { Regions } from "../region/regions.ts";
import type { TransportFailure } from "../transport/transport.ts";
import type { Broker } from "./broker.ts";
import type { Generator } from "./generator.ts";
import { ForecastLink, type OpeningSteps } from "./link.ts";
import type { Network } from "./network.ts";

export interface ForecastHostOptions extends HostOptions {
  regions: Regions | null;
  network: Network;
  /** Null where opening connections costs nothing. */
  generator: Generator | null;
  /** Brokers by region; one where the script has no regions. */
  brokers: readonly Broker[];
  usesTls: boolean;
  usesWebSocket: boolean;
  /** Devices of a cohort resume TLS sessions, by cohort. */
  resumes: readonly boolean[];
}

/** The host of a forecast's devices: their connections lead to a model of a broker. */
export class ForecastHost extends Host {
  readonly #options: ForecastHostOptions;
  readonly #steps: Record<"plain" | "full" | "resumed", OpeningSteps>;
  /** After which restart a device has had its last TLS session, by number. */
  readonly #tickets: number[] = [];

  constructor(options: ForecastHostOptions) {
    super(options);
    this.#options = options;
    const { usesWebSocket: webSocket } = options;
    this.#steps = {
      plain: { tls: "none", webSocket },
      full: { tls: "full", webSocket },
      resumed: { tls: "resumed", webSocket },
    };
  }

  override wakeToOpen(delayMs: number, attempt: Attempt): object {
    const { generator } = this.#options;
    return generator === null
      ? super.wakeToOpen(delayMs, attempt)
      : this.wake(delayMs, due, generator, attempt);
  }

  open(device: Device): Link {
    const { regions, brokers, network } = this.#options;
    const { region } = device;
    const link = new ForecastLink(device, brokers[region] as Broker, this.#stepsOf(device));
    if (!device.part.hasNetwork) network.up(refuse, link, "network_lost");
    else if (regions?.isLost(region)) network.up(refuse, link, "region_lost");
    else link.dial();
    return link;
  }

  #stepsOf({ cohort, number, attempt: { restarts } }: Device): OpeningSteps {
    if (!this.#options.usesTls) return this.#steps.plain;
    if (!this.#options.resumes[cohort]) return this.#steps.full;
    if (this.#tickets[number] === restarts) return this.#steps.resumed;
    this.#tickets[number] = restarts;
    return this.#steps.full;
  }
}

function due(generator: Generator, attempt: Attempt): void {
  generator.due(attempt);
}

function refuse(link: ForecastLink, failure: TransportFailure): void {
  link.refused(failure);
}
