import type { ClockOffset } from "../contract.ts";
import type { Time } from "../device/port.ts";
import type { Member, OpenPlace, Place, PlaceListener } from "./place.ts";
import { MAX_ENTRY_BYTES, MOST_MEMBERS } from "./place.ts";

/** A piece of a shelf: who keeps it, and when it was written by the clock of the place, epoch milliseconds. */
export interface Piece {
  name: string;
  writtenAtMs: number;
  /** Changes whenever its content may have. */
  version: string;
  /** Bytes. */
  size: number;
}

/** A place that tells nobody of what changes there: a folder, a bucket. Whoever wants to know looks again. */
export interface Shelf {
  /** What stands in this member's room. */
  list(): Promise<Piece[]>;
  /** Null for one that is no longer there. */
  read(name: string): Promise<string | null>;
  /** Replaces this member's own piece as a whole. */
  write(text: string): Promise<void>;
  remove(): Promise<void>;
  /** Times of pieces are cut down to a multiple of this, milliseconds. */
  readonly resolutionMs: number;
  /** What stands for the place in a sentence: `the folder /mnt/fleet`. */
  readonly title: string;
  /** Names the clock of the place. The same for all members, wherever each of them has the place mounted. */
  readonly clockName: string;
}

export interface ShelfTimes {
  /** Looked at so often, milliseconds. */
  lookMs: number;
  /** An entry is written again so often, so that others see that somebody is there, milliseconds. */
  keepUpMs: number;
  /** One that is older than the place's youngest by this much is nobody's any more, milliseconds. */
  goneMs: number;
}

export interface ShelfOptions {
  times: ShelfTimes;
  time: Pick<Time, "wakeIdle" | "cancel">;
  /** Epoch milliseconds. */
  wallClock(): number;
}

/** @param shelfOf the shelf of one member */
export function onShelf(shelfOf: (member: Member) => Shelf, options: ShelfOptions): OpenPlace {
  return (member, listener) => new ShelfPlace(shelfOf(member), member, listener, options);
}

/** Keeps one piece on a shelf, and looks what the others keep there. */
class ShelfPlace implements Place {
  readonly #shelf: Shelf;
  readonly #member: Member;
  readonly #listener: PlaceListener;
  readonly #options: ShelfOptions;
  /** What was told last of each piece. */
  readonly #told = new Map<string, string>();
  /** Whose entries were told, and are not gone. */
  readonly #present = new Set<string>();
  readonly #problems = new Set<string>();
  #timer: object;
  #entry: string | null = null;
  #isWritten = true;
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  /** When this member came, by the clock of the place. What is older may be left of a run that is over. */
  #joinedAtMs: number | null = null;
  #turn: Promise<void> = Promise.resolve();
  #isOver = false;
  clock: ClockOffset | null = null;
  readonly tell = null;

  constructor(shelf: Shelf, member: Member, listener: PlaceListener, options: ShelfOptions) {
    this.#shelf = shelf;
    this.#member = member;
    this.#listener = listener;
    this.#options = options;
    this.#timer = this.#arm(0);
  }

  put(entry: object): void {
    this.#entry = JSON.stringify(entry);
    this.#isWritten = false;
  }

  #arm(delayMs: number): object {
    return this.#options.time.wakeIdle(delayMs, onLook, this, undefined);
  }

  /** One turn: writes what is new, then looks. Never two at a time. */
  look(): void {
    this.#turn = this.#write()
      .then(() => this.#look())
      .then(
        () => {},
        (error: unknown) => this.#fail(error),
      )
      .then(() => {
        if (!this.#isOver) this.#timer = this.#arm(this.#options.times.lookMs);
      });
  }

  async #write(): Promise<void> {
    const { wallClock, times } = this.#options;
    const beganMs = wallClock();
    if (this.#entry === null || this.#isOver) return;
    if (this.#isWritten && beganMs - this.#writtenAtMs < times.keepUpMs) return;
    this.#isWritten = true;
    try {
      await this.#shelf.write(this.#entry);
      this.#writtenAtMs = beganMs;
    } catch (error) {
      this.#isWritten = false;
      throw error;
    }
  }

  async #look(): Promise<void> {
    const pieces = (await this.#shelf.list()).slice(0, MOST_MEMBERS);
    // A piece in the future of the place was given its time by somebody: it makes no other look old.
    const own = pieces.find(({ name }) => name === this.#member.name);
    this.#noteClock(own);
    const nowMs = own?.writtenAtMs ?? Math.max(0, ...pieces.map(({ writtenAtMs }) => writtenAtMs));
    const sinceOwnMs = own === undefined ? 0 : this.#options.wallClock() - this.#writtenAtMs;
    this.#joinedAtMs ??= nowMs;
    const alive = pieces.filter(
      ({ writtenAtMs }) => nowMs + sinceOwnMs - writtenAtMs < this.#options.times.goneMs,
    );
    await Promise.all(alive.map((piece) => this.#read(piece)));
    const names = new Set(alive.map(({ name }) => name));
    for (const name of [...this.#present].filter((one) => !names.has(one))) {
      this.#present.delete(name);
      this.#told.delete(name);
      this.#tell(name, null, true);
    }
  }

  /** Our own piece has just been written: the place's clock then was between the two ends of that. */
  #noteClock(own: Piece | undefined): void {
    if (own === undefined || this.#writtenAtMs === Number.NEGATIVE_INFINITY) return;
    const tookMs = this.#options.wallClock() - this.#writtenAtMs;
    const { resolutionMs } = this.#shelf;
    const uncertaintyMs = (tookMs + resolutionMs) / 2;
    if (this.clock !== null && uncertaintyMs >= this.clock.uncertaintyMs) return;
    const offsetMs = this.#writtenAtMs + tookMs / 2 - (own.writtenAtMs + resolutionMs / 2);
    this.clock = {
      reference: this.#shelf.clockName,
      offsetMs,
      uncertaintyMs,
      measuredAtMs: this.#writtenAtMs,
    };
  }

  async #read({ name, writtenAtMs, version, size }: Piece): Promise<void> {
    const isLive = writtenAtMs >= (this.#joinedAtMs ?? 0);
    const state = `${version} ${isLive}`;
    if (this.#told.get(name) === state) return;
    const text = size > MAX_ENTRY_BYTES ? null : await this.#shelf.read(name);
    this.#told.set(name, state);
    if (text === null || text.length > MAX_ENTRY_BYTES || this.#isOver) return;
    try {
      const entry: unknown = JSON.parse(text);
      this.#present.add(name);
      this.#tell(name, entry, isLive);
    } catch {
      // Anyone may write there.
    }
  }

  #tell(name: string, entry: unknown, isLive: boolean): void {
    this.#listener.heard({ testRunId: this.#member.testRunId, name, entry, isLive });
  }

  #fail(error: unknown): void {
    const problem = `${this.#shelf.title} cannot be used to meet the other workers: ${(error as Error).message}`;
    if (this.#problems.has(problem) || this.#problems.size >= MOST_PROBLEMS || this.#isOver) return;
    this.#problems.add(problem);
    this.#listener.failed(problem);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#options.time.cancel(this.#timer);
    const patience = new Promise((resolve) => setTimeout(resolve, 1000).unref());
    const left = this.#turn.then(() => this.#shelf.remove()).catch(() => {});
    await Promise.race([left, patience]);
  }
}

const MOST_PROBLEMS = 10;

function onLook(place: ShelfPlace): void {
  place.look();
}
