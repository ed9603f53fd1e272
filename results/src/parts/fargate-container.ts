import { safeFileName } from "artillery-engine-mqtt/contract";
import { partsPrefix } from "./part.ts";

/** Where a container of `artillery run-fargate` leaves what it measured. */
export interface FargateContainer {
  name: string;
  bucket: string;
  prefix: string;
  region: string | undefined;
}

/**
 * Null unless Artillery's launcher and its worker script have set all of it (`run-cluster.ts` and `loadgen-worker` of
 * `lib/platform/aws-ecs/`): some of it may be set on any machine.
 */
export function fargateContainer(env: Readonly<Record<string, string | undefined>>): FargateContainer | null {
  const { WORKER_ID, SQS_QUEUE_URL, SQS_REGION, ARTILLERY_S3_BUCKET, ARTILLERY_TEST_RUN_ID } = env;
  if (!WORKER_ID || !SQS_QUEUE_URL || !ARTILLERY_S3_BUCKET || !ARTILLERY_TEST_RUN_ID) return null;
  return {
    name: safeFileName(WORKER_ID),
    bucket: ARTILLERY_S3_BUCKET,
    prefix: partsPrefix(ARTILLERY_TEST_RUN_ID),
    region: SQS_REGION,
  };
}
