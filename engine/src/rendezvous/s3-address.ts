import type { PlacePlan } from "./plan.ts";

export const S3_ALLOWED = "s3://BUCKET/PREFIX, such as s3://my-bucket/rehearsals";

/** Amazon's rules for names of buckets: 3 to 63 of these, a letter or a digit at both ends. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Null for what is no address of a place in a bucket. */
export function parseS3(address: string): (PlacePlan & { kind: "s3" }) | null {
  const [, bucket, rest = ""] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(address) ?? [];
  if (bucket === undefined || !BUCKET.test(bucket) || Buffer.byteLength(rest) > MOST_PREFIX_BYTES)
    return null;
  return { kind: "s3", bucket, prefix: rest.replace(/^\/+|\/+$/g, "") };
}

/** A key has 1024 bytes; run, room and name follow. */
const MOST_PREFIX_BYTES = 512;
