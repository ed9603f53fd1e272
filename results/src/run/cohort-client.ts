import type { CohortClient, WorkerRecord } from "artillery-engine-mqtt/contract";
import { z } from "zod";

const ms = z.number().nonnegative();
const name = z.string().max(64);

const ownWait = z.object({ ms, jitter: z.number() });

/** A cohort's client in a worker's record and in the summary; what is unknown is stripped. */
export const cohortClient: z.ZodType<CohortClient> = z.object({
  protocolVersion: z.union([z.literal(4), z.literal(5)]),
  keepaliveMs: ms,
  connectTimeoutMs: ms,
  ackTimeoutMs: ms,
  clean: z.boolean(),
  sessionExpiryMs: ms.nullable(),
  resubscribe: z.enum(["auto", "always"]),
  receiveMaximum: z.number().nullable(),
  topicAliasMaximum: z.number().nullable(),
  serverReference: z.enum(["count", "follow"]).nullable(),
  reconnect: z.object({
    preset: name.nullable(),
    policy: name,
    baseMs: ms.optional(),
    capMs: ms.optional(),
    windowMs: ms.optional(),
    factor: z.number().optional(),
    jitter: z.number().optional(),
    firstMs: z.array(ms).max(1000).optional(),
    onReason: z.record(name, z.union([z.literal("stop"), ownWait])).optional(),
    giveUpAfter: z.number().optional(),
    rebootAfter: z.object({ failures: z.number(), takes: ownWait }).optional(),
    resetAfter: z.union([z.literal("connack"), z.literal("ready"), z.object({ connectedMs: ms })]),
  }),
  longestBackoffMs: ms,
});

/** The clients of all cohorts. Runs that are merged may have had different ones: of such a cohort none is told. */
export function clientsOf(records: readonly Pick<WorkerRecord, "clients">[]): Map<string, CohortClient> {
  const found = new Map<string, CohortClient | null>();
  for (const [cohort, client] of records.flatMap(({ clients }) => Object.entries(clients ?? {}))) {
    const known = found.get(cohort);
    const isSame = known === undefined || JSON.stringify(known) === JSON.stringify(client);
    found.set(cohort, isSame ? client : null);
  }
  return new Map([...found].flatMap(([cohort, client]) => (client === null ? [] : [[cohort, client]])));
}
