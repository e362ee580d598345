import { runToEnd } from "../core/shell.js";
import type { Holding, LockStore } from "../core/lock.js";

/** Where the lock lies in an object storage, and the key that opens it. */
export interface BucketLockProps {
  /** Address of the object: endpoint, bucket, folder and name. */
  readonly url: string;
  /** Region that requests are signed for. */
  readonly region: string;
  /** `AWS_ACCESS_KEY_ID`. */
  readonly accessKeyId: string;
  /** `AWS_SECRET_ACCESS_KEY`. */
  readonly secretAccessKey: string;
}

/** Longest wait for the object storage, in seconds. */
const answerSeconds = 20;

/** The lock as an object beside the state. Only one of two who write it at the same time succeeds (`If-None-Match: *`). */
export class BucketLock implements LockStore {
  readonly place: string;

  constructor(private readonly props: BucketLockProps) {
    this.place = props.url;
  }

  async read(): Promise<Holding | undefined> {
    const { status, body } = await this.ask("GET");
    if (status === 404) return undefined;
    this.require(status, [200], "read");
    return JSON.parse(body) as Holding;
  }

  async create(holding: Holding): Promise<boolean> {
    const { status } = await this.ask("PUT", holding, "If-None-Match: *");
    this.require(status, [200, 409, 412], "written");
    return status === 200;
  }

  async replace(holding: Holding): Promise<void> {
    this.require((await this.ask("PUT", holding)).status, [200], "written");
  }

  async remove(): Promise<void> {
    this.require((await this.ask("DELETE")).status, [200, 204, 404], "removed");
  }

  private require(status: number, good: readonly number[], done: string): void {
    if (!good.includes(status))
      throw new Error(`${this.place}: the lock cannot be ${done}; the object storage answers ${status}`);
  }

  /** curl signs; what is secret goes through its standard input and is in no command line. */
  private async ask(
    method: "GET" | "PUT" | "DELETE",
    body?: Holding,
    ...headers: readonly string[]
  ): Promise<{ readonly status: number; readonly body: string }> {
    const { url, region, accessKeyId, secretAccessKey } = this.props;
    const text = body && JSON.stringify(body);
    const settings = {
      url,
      request: method,
      "aws-sigv4": `aws:amz:${region}:s3`,
      user: `${accessKeyId}:${secretAccessKey}`,
      "write-out": "\n%{http_code}",
      ...(text !== undefined && { "data-binary": text }),
    };
    const lines = [
      ...Object.entries(settings),
      ...["Content-Type: application/json", ...headers].map((header) => ["header", header] as const),
    ].map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
    const { ok, stdout, stderr } = await runToEnd(["curl", "--silent", "--show-error", "--config", "-"], {
      timeoutSeconds: answerSeconds,
      input: lines.join("\n"),
    });
    if (!ok) throw new Error(`${this.place}: ${stderr.trim()}`);
    const end = stdout.lastIndexOf("\n");
    return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
  }
}
