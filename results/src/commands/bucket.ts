import { s3Store } from "../aws/s3-store.ts";
import { NoSdk } from "../aws/sdk.ts";
import { type FetchedRun, fetchRun } from "../parts/fetch-run.ts";
import { parseS3Url } from "../parts/object-store.ts";
import { CommandError, invalid } from "./io.ts";

export const S3_HELP = "s3://bucket/test-runs/<testRunId>";

/**
 * Fetches the run that an address of a bucket names.
 *
 * @throws a CommandError whose message names the address
 */
export async function fetchFrom(
  url: string,
  region: string | undefined,
  directory: string,
): Promise<FetchedRun> {
  const address = parseS3Url(url);
  if (address === null) throw invalid(`${url}: is no address; allowed: ${S3_HELP}`);
  try {
    return await fetchRun(s3Store(address.bucket, region), address.prefix, directory);
  } catch (error) {
    if (error instanceof NoSdk) throw new CommandError(error.message);
    if (NO_REGION.test((error as Error).message)) {
      throw invalid(`${url}: which region it is in is not known; give --region, or set AWS_REGION`);
    }
    throw new CommandError(`${url}: ${sentence(error)}`);
  }
}

/** As the SDK puts it, and no more. */
const NO_REGION = /^Region is missing/;

function sentence(error: unknown): string {
  const { name, message } = error as Error;
  // The SDK's own errors have their reason in the name: NoSuchBucket, CredentialsProviderError.
  return name === "Error" || message.includes(name) ? message : `${name}: ${message}`;
}
