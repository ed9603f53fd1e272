import { createRequire } from "node:module";
import { join } from "node:path";

/** What of the AWS SDK is used: clients that send commands. It is Artillery's own, and no dependency of this package. */
export interface Client {
  send(command: object, options?: { abortSignal?: AbortSignal }): Promise<unknown>;
  destroy(): void;
}

export type SdkPackage = "client-s3" | "client-sts" | "client-ecs" | "client-cloudwatch-logs";

/** Classes of a package of the SDK, by name. */
export type Sdk<Name extends string> = Record<Name, new (input: object) => object>;

/** Neither this project nor Artillery has the SDK. */
export class NoSdk extends Error {
  override readonly name = "NoSdk";
}

/**
 * A package of the AWS SDK that Artillery brings along, wherever Artillery is: beside this package, in the working directory's
 * project, or in NODE_PATH (as on its workers). `import` would not look there.
 *
 * @throws NoSdk
 */
export function loadSdk<Name extends string>(name: SdkPackage): Sdk<Name> {
  for (const from of [import.meta.url, join(process.cwd(), "_")]) {
    const require = createRequire(from);
    try {
      return createRequire(require.resolve("artillery/package.json"))(`@aws-sdk/${name}`) as Sdk<Name>;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new NoSdk(
    `@aws-sdk/${name} is not here: it comes with Artillery. Install artillery beside this package, or run this in a project that has it`,
  );
}
