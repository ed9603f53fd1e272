import type { ObjectStore, StoredObject } from "../parts/object-store.ts";
import { type Client, loadSdk } from "./sdk.ts";

interface Listing {
  Contents?: { Key?: string; Size?: number }[];
  IsTruncated?: boolean;
  NextContinuationToken?: string;
}

interface Found {
  Body: { transformToByteArray(): Promise<Uint8Array> };
}

/**
 * A bucket, by Artillery's own SDK, with the credentials that it finds (environment, profile, role of the task).
 *
 * @param region of the bucket; one in another is found all the same
 * @throws NoSdk
 */
export function s3Store(bucket: string, region: string | undefined): ObjectStore {
  const sdk = loadSdk<"S3Client" | "PutObjectCommand" | "GetObjectCommand" | "ListObjectsV2Command">(
    "client-s3",
  );
  const client = new sdk.S3Client({
    ...(region === undefined ? {} : { region }),
    followRegionRedirects: true,
  }) as Client;
  return {
    async put(Key, Body, abortSignal) {
      const command = new sdk.PutObjectCommand({ Bucket: bucket, Key, Body });
      await client.send(command, abortSignal === undefined ? {} : { abortSignal });
    },
    async list(Prefix, most) {
      const found: StoredObject[] = [];
      let ContinuationToken: string | undefined;
      do {
        const command = new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken });
        const page = (await client.send(command)) as Listing;
        for (const { Key, Size } of page.Contents ?? []) found.push({ key: Key ?? "", bytes: Size ?? 0 });
        ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (ContinuationToken !== undefined && found.length < most);
      return found.slice(0, most);
    },
    async get(Key, mostBytes) {
      // One byte more tells that there are more.
      const command = new sdk.GetObjectCommand({ Bucket: bucket, Key, Range: `bytes=0-${mostBytes}` });
      const { Body } = (await client.send(command)) as Found;
      const bytes = await Body.transformToByteArray();
      if (bytes.length > mostBytes) throw new Error(`it has more than ${mostBytes} bytes`);
      return bytes;
    },
  };
}
