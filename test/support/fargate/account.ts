/** An AWS account on the loopback interface: moto serves what Artillery asks of AWS. Nothing of it leaves this machine. */
import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { type Client, loadSdk } from "../../../results/src/aws/sdk.ts";
import { freePort } from "../broker.ts";
import { MOTO_SERVER } from "./install.ts";

const REGION = "us-east-1";

export interface Account {
  url: string;
  /** With these in its environment, whatever speaks to AWS speaks to this account. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

export async function startAccount(): Promise<Account> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: "testing",
    AWS_SECRET_ACCESS_KEY: "testing",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const server = spawn(MOTO_SERVER, ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
    env: { ...process.env, ...env },
  });
  const ended = new Promise<void>((done) => server.once("exit", () => done()));
  await answers(url);
  await post(`${url}/moto-api/state-manager/set-transition`, {
    // A task would otherwise stop by itself once it has been asked for three times.
    model_name: "ecs::task",
    transition: { progression: "time", seconds: 100_000 },
  });
  Object.assign(process.env, env);
  await openSubnets();
  await makeRole();
  return {
    url,
    env,
    async stop() {
      for (const name of Object.keys(env)) delete process.env[name];
      server.kill("SIGTERM");
      await ended;
    },
  };
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    try {
      await fetch(`${url}/moto-api/`);
      return;
    } catch {
      await pause(100);
    }
  }
  throw new Error(`moto does not answer at ${url}`);
}

async function post(url: string, body: object): Promise<void> {
  const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
}

/** The subnets of an account's default VPC are open to the internet; those of moto have no route there. */
async function openSubnets(): Promise<void> {
  const ec2 = aws("client-ec2", "EC2Client");
  const { Vpcs } = await ec2<{ Vpcs: { VpcId: string }[] }>("DescribeVpcs");
  const VpcId = Vpcs[0]?.VpcId;
  const { InternetGateway } = await ec2<{ InternetGateway: { InternetGatewayId: string } }>(
    "CreateInternetGateway",
  );
  const { InternetGatewayId: GatewayId } = InternetGateway;
  await ec2("AttachInternetGateway", { InternetGatewayId: GatewayId, VpcId });
  const { RouteTables } = await ec2<{ RouteTables: { RouteTableId: string }[] }>("DescribeRouteTables");
  const RouteTableId = RouteTables[0]?.RouteTableId;
  await ec2("CreateRoute", { RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId });
}

/** Artillery makes it where it is missing, and waits for half a minute then. */
async function makeRole(): Promise<void> {
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [] });
  await aws("client-iam", "IAMClient")("CreateRole", {
    RoleName: "artilleryio-ecs-worker-role",
    AssumeRolePolicyDocument,
  });
}

/** Calls of one service, by the names of its API. */
export function aws(
  name: string,
  client: string,
): <Answer = object>(command: string, input?: object) => Promise<Answer> {
  const sdk = loadSdk<string>(name as "client-s3");
  const Service = sdk[client] as new (input: object) => Client;
  const service = new Service({ region: REGION });
  return async <Answer>(command: string, input: object = {}) => {
    const Command = sdk[`${command}Command`] as new (input: object) => object;
    return (await service.send(new Command(input))) as Answer;
  };
}
