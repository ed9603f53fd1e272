import { FILES, safeFileName, type WorkerRecord } from "artillery-engine-mqtt/contract";
import { ecsCluster } from "../aws/ecs-cluster.ts";
import { s3Store } from "../aws/s3-store.ts";
import { progressLine } from "../console/progress.ts";
import { openStorms } from "../judge/storm-progress.ts";
import { Arrived } from "../parts/arrived.ts";
import { partsPrefix } from "../parts/part.ts";
import { readWorkersNow } from "../watch/workers-now.ts";
import { carryRun } from "./carry-run.ts";
import { startLauncher } from "./launcher.ts";
import { interruptedOf, lossSentence } from "./losses.ts";

export interface FargateRunOptions {
  /** Staged. */
  script: string;
  testRunId: string;
  bucket: string;
  region: string;
  cluster: string;
  launcherArgs: readonly string[];
  /** The files of all containers go there. */
  directory: string;
  say(line: string): void;
  interrupt: AbortSignal;
}

export interface FargateOutcome {
  /** Containers of which there is anything. */
  containers: number;
  /** What is missing, in sentences that name the container and the second. */
  missing: string[];
  hasFailedEarly: boolean;
  /** Null where it was told to stop. */
  launcherCode: number | null;
}

/** Carries one run over all its containers, until what they measured is in a directory. */
export async function runFargate(options: FargateRunOptions): Promise<FargateOutcome> {
  const { script, testRunId, bucket, region, directory, launcherArgs, say, interrupt } = options;
  Arrived.prepare(directory);
  const store = s3Store(bucket, region);
  const cluster = ecsCluster(options.cluster, region, testRunId);
  const arrived = new Arrived(store, partsPrefix(testRunId), directory);
  const launcher = startLauncher({ script, testRunId, args: launcherArgs, onLine: say });
  let records: WorkerRecord[] = [];
  let said = "";
  const { losses, tasks, hasFailedEarly, wasStopped } = await carryRun({
    launcher,
    cluster,
    arrived,
    say,
    listCommand: `aws ecs list-tasks --region ${region} --cluster ${options.cluster} --started-by ${testRunId}`,
    interrupt,
    hasBegun: async () => (await store.list(`test-runs/${testRunId}/go.json`, 1)).length > 0,
    async onLook() {
      const workers = await readWorkersNow(directory);
      records = workers.map(({ record }) => record);
      const line = openStorms(workers).map(progressLine).join("\n");
      if (line !== "" && line !== said) say(line);
      said = line;
    },
  });
  const zeros = records.flatMap(({ timeZeroMs }) => timeZeroMs ?? []);
  const timeZeroMs = zeros.length === 0 ? null : Math.min(...zeros);
  const interrupted = records
    .filter(({ state }) => state === "interrupted")
    .map(({ workerId }) => arrived.senderOf(FILES.workerRecord(safeFileName(workerId))))
    .filter((name) => name !== null);
  const stopped = interrupt.aborted ? [] : interruptedOf(new Set(interrupted), arrived.containers, tasks);
  return {
    containers: arrived.containers.length,
    missing: [
      ...arrived.problems,
      ...losses.map((loss) => lossSentence("lost", loss, timeZeroMs)),
      ...stopped.map((loss) => lossSentence("stopped", loss, timeZeroMs)),
    ],
    hasFailedEarly,
    launcherCode: wasStopped ? null : launcher.exitCode,
  };
}
