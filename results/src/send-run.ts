import { FILES, printable } from "artillery-engine-mqtt/contract";
import type { Artillery } from "./artillery.ts";
import { s3Store } from "./aws/s3-store.ts";
import { EXIT_CODES } from "./judge/exit-codes.ts";
import type { FargateContainer } from "./parts/fargate-container.ts";
import type { PartFile } from "./parts/part.ts";
import { SendHome } from "./parts/send-home.ts";
import type { UnwrittenWorkers } from "./run/unwritten-workers.ts";
import { waitForWorkers } from "./run/wait-for-workers.ts";

/**
 * A container's run: one of several of a fleet. What it measured goes to the bucket; whoever has the files of all containers
 * judges them, so here is no verdict and no gate.
 */
export class ContainerRun {
  readonly #container: FargateContainer;
  readonly #directory: () => string;
  readonly #sendHome: SendHome | null;

  constructor(container: FargateContainer, directory: () => string, log: (line: string) => void) {
    this.#container = container;
    this.#directory = directory;
    this.#sendHome = this.#begin(log);
  }

  #begin(log: (line: string) => void): SendHome | null {
    const { name, bucket, prefix, region } = this.#container;
    try {
      const store = s3Store(bucket, region);
      return new SendHome({ store, prefix, container: name, directory: this.#directory, log });
    } catch (error) {
      log(`mqtt-results: results of this container will be lost: ${(error as Error).message}`);
      return null;
    }
  }

  /** Sends what is left after the workers ended, and says so in one line. Never throws. */
  async finish(artillery: Artillery, unwritten: UnwrittenWorkers): Promise<void> {
    const { name, bucket, prefix } = this.#container;
    await waitForWorkers(this.#directory(), unwritten);
    const sent = (await this.#sendHome?.finish(textsOf(unwritten))) ?? { problem: "there is no AWS SDK" };
    if ("parts" in sent) {
      artillery.log(
        `mqtt-results: container ${name}: results are in s3://${bucket}/${prefix} (${sent.parts} parts); ` +
          "the verdict is that of all containers",
      );
      return;
    }
    artillery.setExitCode(EXIT_CODES.resultsFailed.code);
    artillery.log(printable(`mqtt-results: container ${name}: results could not be sent: ${sent.problem}`));
  }
}

/** Files that could not be written, as they are in memory. */
function textsOf({ handedOn }: UnwrittenWorkers): PartFile[] {
  return [...handedOn].flatMap(([id, { record, histograms, timeline }]) => [
    { name: FILES.workerHistograms(id), from: null, text: histograms ?? "" },
    { name: FILES.workerTimeline(id), from: null, text: timeline ?? "" },
    { name: FILES.workerRecord(id), from: null, text: JSON.stringify(record) },
  ]);
}
