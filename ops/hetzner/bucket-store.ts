import { AwsClient } from "aws4fetch";
import { sleep } from "../core/shell.js";
import type { Store, Stored } from "../core/store.js";

/** Location of an object, and the key that may read and write the object. */
export interface BucketStoreProps {
  /** Address of the object: endpoint, bucket, folder and name. */
  readonly url: string;
  /** Region in the signature of requests. */
  readonly region: string;
  /** `AWS_ACCESS_KEY_ID`. */
  readonly accessKeyId: string;
  /** `AWS_SECRET_ACCESS_KEY`. */
  readonly secretAccessKey: string;
  /** Seconds to wait before the first retry. The wait doubles with each retry. @default 0.5 */
  readonly pauseSeconds?: number;
}

interface Answer {
  /** HTTP status; 0 if there was no response. */
  readonly status: number;
  readonly text: string;
  readonly etag: string;
}

/** Maximum seconds to wait for one response. */
const answerSeconds = 20;
const attempts = 5;

/** Stores the text in an object of a bucket, with conditional writes (`If-None-Match`, `If-Match`). */
export class BucketStore implements Store {
  readonly place: string;
  private readonly client: AwsClient;

  constructor(private readonly props: BucketStoreProps) {
    this.place = props.url;
    const { region, accessKeyId, secretAccessKey } = props;
    this.client = new AwsClient({ region, accessKeyId, secretAccessKey, service: "s3", retries: 0 });
  }

  async read(): Promise<Stored | undefined> {
    const { status, text, etag } = await this.retry("read", () => this.ask("GET"));
    if (status === 404) return undefined;
    this.require(status, [200], "read");
    return { text, version: etag };
  }

  async write(text: string, expected: string | undefined): Promise<string | undefined> {
    const condition = expected === undefined ? { "If-None-Match": "*" } : { "If-Match": expected };
    return this.retry("written", async () => {
      const { status, etag } = await this.ask("PUT", text, condition);
      if (status === 200) return { status, result: etag };
      // If the response was lost, or if the object storage executed the request twice, the text may be stored although the status is an
      // error.
      const stored = isUnclear(status) ? await this.read() : undefined;
      if (stored?.text === text) return { status: 200, result: stored.version };
      return { status: status === 409 ? retryLater : status, result: undefined };
    }).then(({ status, result }) => {
      this.require(status, [200, 404, 412], "written");
      return result;
    });
  }

  async clear(): Promise<void> {
    const { status } = await this.retry("removed", () => this.ask("DELETE"));
    this.require(status, [200, 204, 404], "removed");
  }

  private require(status: number, accepted: readonly number[], verb: string): void {
    if (!accepted.includes(status))
      throw new Error(`${this.place}: the lock cannot be ${verb}; the object storage answers ${status}`);
  }

  /** Repeats a request if it gets no response, or if the object storage could not process it. */
  private async retry<T extends { readonly status: number; readonly text?: string }>(
    verb: string,
    request: () => Promise<T>,
  ): Promise<T> {
    const { pauseSeconds = 0.5 } = this.props;
    for (let attempt = 1; ; attempt++) {
      const answer = await request();
      if (answer.status !== 0 && answer.status !== 429 && answer.status < 500) return answer;
      if (attempt === attempts)
        throw new Error(
          `${this.place}: the lock cannot be ${verb} after ${attempts} attempts: ${answer.status === 0 ? `no response; ${answer.text ?? ""}` : `the object storage answers ${answer.status}`}`,
        );
      await sleep(pauseSeconds * 2 ** (attempt - 1));
    }
  }

  private async ask(method: "GET" | "PUT" | "DELETE", body?: string, condition = {}): Promise<Answer> {
    try {
      const answer = await this.client.fetch(this.props.url, {
        method,
        headers: { "Content-Type": "application/json", ...condition },
        signal: AbortSignal.timeout(answerSeconds * 1000),
        ...(body !== undefined && { body }),
      });
      return { status: answer.status, text: await answer.text(), etag: answer.headers.get("etag") ?? "" };
    } catch (error) {
      const { cause, message } = error as Error;
      return { status: 0, text: cause instanceof Error ? cause.message : message, etag: "" };
    }
  }
}

/** Status if another write is in progress. The text is then neither stored nor refused. */
const retryLater = 503;

/** Returns true if a write with this status may have been stored. */
const isUnclear = (status: number): boolean => status === 0 || status === 409 || status === 412 || status >= 500;
