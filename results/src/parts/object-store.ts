/** Where parts are: a bucket. */
export interface ObjectStore {
  put(key: string, body: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Keys below a prefix, in the order of their bytes; at most so many. */
  list(prefix: string, most: number): Promise<StoredObject[]>;
  /** @throws an error where it is not there, or has more bytes than that */
  get(key: string, mostBytes: number): Promise<Uint8Array>;
}

export interface StoredObject {
  key: string;
  bytes: number;
}

export interface S3Address {
  bucket: string;
  /** Empty, or ends with `/`. */
  prefix: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/;

export function isS3Url(text: string): boolean {
  return /^s3:\/\//i.test(text);
}

/** Null where it is no address of a bucket. */
export function parseS3Url(text: string): S3Address | null {
  const [, bucket, path = ""] = S3_URL.exec(text) ?? [];
  if (bucket === undefined) return null;
  const trimmed = path.replace(/\/+$/, "");
  return { bucket, prefix: trimmed === "" ? "" : `${trimmed}/` };
}
