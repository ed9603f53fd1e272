import { createRequire } from "node:module";
import type { Member, OpenPlace } from "./place.ts";
import type { PlacePlan } from "./plan.ts";
import { onShelf, type Piece, type Shelf, type ShelfOptions } from "./shelf-place.ts";

const ENDING = ".json";

/** Each look is one request, and one more for each entry that is new. */
export const S3_TIMES = { lookMs: 2000, keepUpMs: 5000, goneMs: 30_000 };

/** What is used of `@aws-sdk/client-s3`. It is Artillery's, not ours: its types are not there to be imported. */
export interface S3Module {
  S3Client: new (options: object) => S3Client;
  ListObjectsV2Command: new (input: object) => object;
  GetObjectCommand: new (input: object) => object;
  PutObjectCommand: new (input: object) => object;
  DeleteObjectCommand: new (input: object) => object;
}
interface S3Client {
  send(command: object): Promise<unknown>;
  destroy(): void;
}

const SDK = "@aws-sdk/client-s3";

/**
 * Artillery's client of S3: beside this package, in NODE_PATH, or below Artillery's own package.
 *
 * @throws an Error that says what is missing
 */
export function loadS3(from: string = import.meta.url): S3Module {
  const here = createRequire(from);
  const places = [() => here, () => createRequire(here.resolve("artillery/package.json"))];
  for (const requireOf of places) {
    try {
      return requireOf()(SDK) as S3Module;
    } catch {
      // The next one may have it.
    }
  }
  throw new Error(
    `config.engines.mqtt.rendezvous: s3 needs ${SDK}, which comes with Artillery, and it is not found beside artillery-engine-mqtt nor in NODE_PATH`,
  );
}

/** Workers meet in a bucket: each keeps the object `<prefix>/<testRunId>/<room>/<name>.json`. Region and credentials are the SDK's. */
export function inBucket(
  place: Extract<PlacePlan, { kind: "s3" }>,
  s3: S3Module,
  options: Omit<ShelfOptions, "times">,
): OpenPlace {
  return onShelf((member) => new BucketShelf(place, member, s3), { ...options, times: S3_TIMES });
}

/** A page of a listing. */
interface Listing {
  Contents?: { Key?: string; LastModified?: Date; ETag?: string; Size?: number }[];
  IsTruncated?: boolean;
  NextContinuationToken?: string;
}

/** More pages, of 1000 objects each, than any run has workers. */
const MOST_PAGES = 10;

class BucketShelf implements Shelf {
  readonly title: string;
  readonly clockName = "the bucket";
  /** `LastModified` has whole seconds. */
  readonly resolutionMs = 1000;
  readonly #s3: S3Module;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #room: string;
  readonly #own: string;

  constructor({ bucket, prefix }: { bucket: string; prefix: string }, member: Member, s3: S3Module) {
    this.title = `the bucket ${bucket}`;
    this.#s3 = s3;
    // An endpoint of its own (AWS_ENDPOINT_URL) mostly serves no names of buckets before its host's.
    const isOwn = process.env["AWS_ENDPOINT_URL"] ?? process.env["AWS_ENDPOINT_URL_S3"];
    this.#client = new s3.S3Client({
      maxAttempts: 3,
      // Artillery makes one bucket per account, in the region of the first run, wherever the containers are.
      followRegionRedirects: true,
      ...(isOwn ? { forcePathStyle: true } : {}),
    });
    this.#bucket = bucket;
    this.#room = `${prefix === "" ? "" : `${prefix}/`}${member.testRunId}/${member.room}/`;
    this.#own = `${this.#room}${member.name}${ENDING}`;
  }

  async list(): Promise<Piece[]> {
    const pieces: Piece[] = [];
    let token: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { Contents, IsTruncated, NextContinuationToken } = (await this.#client.send(
        new this.#s3.ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: this.#room,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      )) as Listing;
      for (const { Key = "", LastModified, ETag = "", Size = 0 } of Contents ?? []) {
        const name = Key.slice(this.#room.length, -ENDING.length);
        if (!Key.endsWith(ENDING) || name === "" || name.includes("/") || LastModified === undefined)
          continue;
        pieces.push({ name, writtenAtMs: LastModified.getTime(), version: ETag, size: Size });
      }
      if (IsTruncated !== true) break;
      token = NextContinuationToken;
    }
    return pieces;
  }

  async read(name: string): Promise<string | null> {
    try {
      const command = new this.#s3.GetObjectCommand({
        Bucket: this.#bucket,
        Key: `${this.#room}${name}${ENDING}`,
      });
      const { Body } = (await this.#client.send(command)) as {
        Body?: { transformToString(): Promise<string> };
      };
      return (await Body?.transformToString()) ?? null;
    } catch (error) {
      if ((error as Error).name === "NoSuchKey") return null;
      throw error;
    }
  }

  async write(text: string): Promise<void> {
    await this.#client.send(
      new this.#s3.PutObjectCommand({
        Bucket: this.#bucket,
        Key: this.#own,
        Body: text,
        ContentType: "application/json",
      }),
    );
  }

  async remove(): Promise<void> {
    await this.#client.send(new this.#s3.DeleteObjectCommand({ Bucket: this.#bucket, Key: this.#own }));
    this.#client.destroy();
  }
}
