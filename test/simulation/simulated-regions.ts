import { Regions } from "../../engine/src/region/regions.ts";

/** Regions that also say which of them are lost: their own opener refuses in real time. */
export class SimulatedRegions extends Regions {
  readonly #gone = new Set<number>();

  override lose(region: number): void {
    super.lose(region);
    this.#gone.add(region);
  }

  override restore(region: number): void {
    super.restore(region);
    this.#gone.delete(region);
  }

  isLost(region: number): boolean {
    return this.#gone.has(region);
  }
}
