import type { FailoverPlan } from "../region/failover.ts";
import type { ServerReference } from "../transport/transport.ts";
import { Redirection, type ReferenceProblem } from "./redirection.ts";
import { RegionRoute } from "./region-route.ts";

/** Knows where the next connection goes: to a region of the script, or where a server sent the device. */
export class Route {
  #redirection: Redirection | null = null;
  readonly #regions: RegionRoute | null;

  /** @param home the device's home region */
  constructor(failover: FailoverPlan | null, home: number) {
    this.#regions = failover === null ? null : new RegionRoute(failover, home);
  }

  /** Null for the target of the script, or of the region. */
  get endpoint(): ServerReference | null {
    return this.#redirection?.endpoint ?? null;
  }

  /** The region of the connection, or of the next one. */
  get region(): number {
    return this.#regions?.region ?? 0;
  }

  /** Goes where a server said; or says why not. MQTT 5.0 section 4.11. */
  follow(code: number, reference: string | undefined): ReferenceProblem | null {
    this.#redirection ??= new Redirection();
    return this.#redirection.follow(code, reference);
  }

  /** Returns true where the device has failed over to another region. */
  accepted(): boolean {
    this.#redirection?.accepted();
    return this.#regions?.accepted() ?? false;
  }

  /** The connection was lost. */
  lost(): void {
    this.#redirection?.failed();
    this.#regions?.lost();
  }

  /** An attempt failed. `random` is asked for only where it counts. */
  failed(random: () => number): void {
    this.#redirection?.failed();
    this.#regions?.failed(random);
  }

  isDueHome(connectedMs: number): boolean {
    return this.#regions?.isDueHome(connectedMs) ?? false;
  }
}
