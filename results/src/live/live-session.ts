import { changeOf } from "./live-feed.ts";
import { LiveServer, type LiveServerOptions } from "./live-server.ts";
import { type LiveView, liveView } from "./live-view.ts";
import { isSilent, phaseOf } from "./phase.ts";
import { RecentErrors, totalErrors } from "./recent-errors.ts";
import { type RunSeen, RunTail } from "./run-tail.ts";

/** Workers write every two seconds: what they wrote is shown soon after. */
const INTERVAL_MS = 1000;

export interface LiveSessionOptions {
  port: number;
  /** The run's directory, asked at every look: another one may be the newest by then. Null where there is none yet. */
  directory: () => string | null;
  /** Words for where a run is waited for, and for a directory. */
  words: (directory: string | null) => string;
  /** Share of the affected devices that must be ready for `recovered`; 0..1 */
  target: (directory: string) => number;
  /** Makes the report of a run that has ended; null where the page has none. */
  report: ((directory: string) => Promise<string>) | null;
  /** It keeps no process alive. */
  isBackground: boolean;
  /** Hears of each directory that it turns to. */
  onDirectory?: (directory: string) => void;
}

/** Looks at a run's files again and again, and shows what they say to the pages that are open. */
export class LiveSession {
  readonly #options: LiveSessionOptions;
  readonly #server: LiveServer;
  readonly #timer: NodeJS.Timeout;
  #directory: string | null = null;
  #tail: RunTail | null = null;
  #errors = new RecentErrors();
  #view: LiveView | null = null;
  #hasEnded = false;
  /** The view is that of the directory. */
  #isShown = false;
  /** Something that was shown passes with time. */
  #passes = false;
  #looking: Promise<void> | null = null;

  private constructor(options: LiveSessionOptions, server: LiveServer) {
    this.#options = options;
    this.#server = server;
    // Where nobody looks, nothing is read.
    this.#timer = setInterval(() => {
      if (server.readers > 0) void this.#tick();
      else this.#follow();
    }, INTERVAL_MS);
    if (options.isBackground) this.#timer.unref();
  }

  /** @throws what listening throws */
  static async start(options: LiveSessionOptions): Promise<LiveSession> {
    let session: LiveSession | null = null;
    const serverOptions: LiveServerOptions = {
      port: options.port,
      onReader: () => {
        if (session !== null) void session.#tick();
      },
      isBackground: options.isBackground,
      report: options.report === null ? null : async () => (await session?.report()) ?? null,
    };
    session = new LiveSession(options, await LiveServer.start(serverOptions));
    void session.#tick();
    return session;
  }

  get url(): string {
    return this.#server.url;
  }

  /** The report of the run that is shown; null while it goes on. */
  async report(): Promise<string | null> {
    const { report } = this.#options;
    await this.#tick();
    if (report === null || this.#directory === null || !this.#hasEnded) return null;
    return report(this.#directory);
  }

  /** @param isOver the run is over: what it left is shown once more */
  async close({ isOver }: { isOver: boolean }): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    if (isOver) await this.#tick();
    await this.#server.close(isOver);
  }

  /** A disk that is slower than the interval gets no second reader. */
  #tick(): Promise<void> {
    this.#looking ??= this.#look()
      .catch(() => {})
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const directory = this.#follow();
    const words = this.#options.words(directory);
    if (this.#tail === null || directory === null) return this.#show(emptyView(words));
    const seen = await this.#tail.look();
    const records = seen.workers.map(({ record }) => record);
    const recentErrors = this.#errors.note(Date.now(), totalErrors(records));
    // What is said of these changes with the time alone, and once more when there is none of it any longer.
    const passes = seen.workers.some(isSilent) || [...recentErrors.values()].some((n) => n > 0);
    const isNews = seen.hasNews || passes || this.#passes;
    this.#passes = passes;
    if (this.#isShown && !isNews) return;
    const phase = phaseOf(seen);
    this.#hasEnded = phase.kind === "ended" || phase.kind === "silent";
    this.#isShown = true;
    this.#show(
      liveView(seen, {
        directory: words,
        target: seen.summary?.recoveryTarget ?? this.#options.target(directory),
        hasReport: this.#options.report !== null && this.#hasEnded,
        recentErrors,
      }),
    );
  }

  #follow(): string | null {
    const directory = this.#options.directory();
    if (directory !== this.#directory) this.#turnTo(directory);
    return directory;
  }

  #turnTo(directory: string | null): void {
    this.#directory = directory;
    this.#tail = directory === null ? null : new RunTail(directory);
    this.#errors = new RecentErrors();
    this.#hasEnded = this.#isShown = false;
    if (directory !== null) this.#options.onDirectory?.(directory);
  }

  #show(view: LiveView): void {
    const change = this.#view === null ? null : changeOf(this.#view, view);
    this.#view = view;
    this.#server.show(view, change);
  }
}

function emptyView(directory: string): LiveView {
  const nothing: RunSeen = {
    workers: [],
    fleet: [],
    slotMs: 100,
    readyTimes: new Map(),
    summary: null,
    problems: [],
    hasNews: true,
  };
  return liveView(nothing, { directory, target: 1, hasReport: false, recentErrors: new Map() });
}
