import { type Client, loadSdk } from "./sdk.ts";

/**
 * The bucket that Artillery's launcher uses: `ARTILLERY_S3_BUCKET`, or one named after the account.
 *
 * @throws NoSdk, and what the SDK throws where nobody is signed in
 */
export async function bucketOfAccount(region: string): Promise<string> {
  const given = process.env["ARTILLERY_S3_BUCKET"];
  if (given !== undefined && given !== "") return given;
  const sdk = loadSdk<"STSClient" | "GetCallerIdentityCommand">("client-sts");
  const client = new sdk.STSClient({ region }) as Client;
  const { Account } = (await client.send(new sdk.GetCallerIdentityCommand({}))) as { Account?: string };
  if (Account === undefined) throw new Error("AWS does not say which account this is");
  return `artilleryio-test-data-${Account}`;
}
