import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { AwsClient } from "aws4fetch";
import { Command } from "commander";
import { runCommand } from "../command-line/run.js";
import { loadEnvironment, readInvocation } from "../modules/config/load.js";
import { releaseLine, releaseUrl } from "../modules/config/release.js";
import type { Config } from "../modules/config/schema.js";

/** Maximum size of a release in MiB that `fetch-release` accepts. */
const largestMib = 50;

/** Settings of a private bucket, as in `application.storage`. */
type Storage = NonNullable<Config["application"]["storage"]>;

/** Result of {@link publishRelease}. */
export interface Published {
  readonly url: string;
  readonly sha256: string;
  /** True if the bucket already contained the release. */
  readonly wasThere: boolean;
  /** True if everyone can download the release without a key. */
  readonly isPublic: boolean;
}

/**
 * Creates the client of the object storage.
 * @throws Error if the key is not "KEY:SECRET"
 */
function clientOf({ region }: Storage, key: string): AwsClient {
  const [, accessKeyId, secretAccessKey] = /^([^:\s]+):([^\s]+)$/.exec(key) ?? [];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error(
      'app:publish: RELEASE_PUBLISH_KEY must be "KEY:SECRET" of a key that may read and write the bucket; set the variable',
    );
  return new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries: 3 });
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const refusal = (url: string, done: string, status: number): Error =>
  new Error(
    `app:publish: ${url} cannot be ${done}, the object storage returned ${status}; check application.storage and the rights of RELEASE_PUBLISH_KEY`,
  );

/** Returns the SHA-256 of an object, or `undefined` if the object does not exist. */
async function existing(client: AwsClient, url: string): Promise<string | undefined> {
  const response = await client.fetch(url);
  if (response.status === 404) return undefined;
  if (!response.ok) throw refusal(url, "read", response.status);
  return digestOf(new Uint8Array(await response.arrayBuffer()));
}

/**
 * Uploads a release to a private bucket. Never replaces an object.
 * @param key "KEY:SECRET"
 * @throws Error if the tarball is too large, if the storage rejects a request, or if an object of this name has other content
 */
export async function publishRelease(tarball: string, storage: Storage, key: string): Promise<Published> {
  const client = clientOf(storage, key);
  const bytes = await readFile(tarball);
  if (bytes.length > largestMib * 1024 ** 2)
    throw new Error(`app:publish: ${tarball} must have at most ${largestMib} MiB; see npm run app:check`);
  const sha256 = digestOf(bytes);
  const url = releaseUrl({ storage, sha256 });
  let found = await existing(client, url);
  const wasThere = found !== undefined;
  if (!wasThere) {
    // The object storage compares the body with the signed digest.
    const headers = {
      "If-None-Match": "*",
      "Content-Type": "application/gzip",
      "X-Amz-Content-Sha256": sha256,
    };
    const { ok, status } = await client.fetch(url, { method: "PUT", body: bytes, headers });
    // With status 409 or 412, another upload of the same release was faster.
    if (!ok && status !== 409 && status !== 412) throw refusal(url, "written", status);
    found = await existing(client, url);
  }
  if (found !== sha256)
    throw new Error(
      `app:publish: ${url} has the SHA-256 ${found}, not ${sha256}; it was not replaced, delete the object and run the command again`,
    );
  return { url, sha256, wasThere, isPublic: (await fetch(url, { method: "HEAD" })).ok };
}

function report(tarball: string, { application, environment }: Config, published: Published): string {
  const { url, sha256, wasThere, isPublic } = published;
  return [
    `${tarball}: ${wasThere ? "is already in the bucket" : "uploaded"}`,
    ...(isPublic ? [`WARNING: ${url} can be downloaded without a key; make the bucket private`] : []),
    "",
    `Write it into environments/${environment}.ts:`,
    `  ${releaseLine(application, url, sha256)}`,
    "Deploy it to the servers:",
    `  npm run ops release ${url} ${sha256}`,
  ].join("\n");
}

const command = new Command("npm run app:publish --")
  .description(
    "uploads a release to the environment's private bucket (application.storage) with the key in RELEASE_PUBLISH_KEY, and prints the configuration lines",
  )
  .argument("<tarball>", "tarball of `npm run app:build`")
  .showHelpAfterError()
  .action(async (tarball: string) => {
    const config = await loadEnvironment(readInvocation().environment);
    const { storage } = config.application;
    if (storage === undefined)
      throw new Error(
        `app:publish: environments/${config.environment}.ts must set application.storage; write storage: { endpoint: "https://nbg1.your-objectstorage.com", region: "nbg1", bucket: "foobar-releases" } instead of url`,
      );
    const published = await publishRelease(resolve(tarball), storage, process.env["RELEASE_PUBLISH_KEY"] ?? "");
    console.log(report(tarball, config, published));
  });

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await runCommand(() => command.parseAsync());
