/** What a device is to a storm. */
export type StormRole =
  /** The storm disconnected it. */
  | "affected"
  /** It was not ready when the storm came, and the storm had no connection to take from it, or did not choose it. */
  | "already-offline"
  /** It was ready when the storm came, which left it alone. */
  | "unaffected";

/**
 * What the last storm has made of a device, from the storm's instant to the end of its window. A device that arrives later
 * has no role in it.
 */
export class Standing {
  /** Counts from 1; 0 before the first storm. */
  storm = 0;
  role: StormRole | null = null;
  /** It has been ready since the storm came; one that the storm left alone has never been anything else. */
  isBack = false;
  /** It lost its connection after that. */
  isLost = false;
  /** It was affected, and the script took it away before it was back: what it does after that has nothing to do with the storm. */
  hasLeft = false;
  /** It had been ready before the storm came, or was about to be for the first time. */
  hadBeenReady = false;

  take(storm: number, role: StormRole, hadBeenReady: boolean): void {
    this.storm = storm;
    this.role = role;
    this.isBack = role === "unaffected";
    this.isLost = false;
    this.hasLeft = false;
    this.hadBeenReady = hadBeenReady;
  }

  /** The device is ready. True where it is so for the first time since the storm. */
  back(): boolean {
    if (this.role === null || this.isBack || this.hasLeft) return false;
    this.isBack = true;
    return true;
  }

  /** The script wants the device to be away. */
  leave(): void {
    if (this.role === "affected" && !this.isBack) this.hasLeft = true;
  }

  /** The device lost its connection against its will. */
  lost(): void {
    if (this.isBack) this.isLost = true;
  }
}
