import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { BucketStoreProps } from "../../../ops/hetzner/bucket-store.js";
import { httpServer } from "../../support/listening.js";

/** Effect of an unreliable network on one request. */
export type Fault =
  | "none"
  /** The request is executed, but its response is lost. */
  | "lose response"
  /** The request never arrives. */
  | "lose request"
  /** The request is executed twice; the second response is delivered. */
  | "execute twice"
  /** The client receives the response to the previous request with the same method. The current request is not executed. */
  | "repeat response";

/** Behaviour of an emulated object storage. */
export interface BucketProps {
  readonly delayMs?: number;
  readonly faultOf?: (method: string) => Fault;
  /** Conditional headers that the storage evaluates. @default both */
  readonly conditions?: readonly ("if-none-match" | "if-match")[];
  /** Status of a write whose condition fails. @default 412 */
  readonly refusal?: number;
}

interface Response {
  readonly status: number;
  readonly body: string;
  readonly etag: string;
}

const etagOf = (text: string): string => `"${createHash("md5").update(text).digest("hex")}"`;

/** Starts an emulated object storage with one object. */
export async function standInBucket({
  delayMs = 0,
  faultOf = () => "none",
  conditions = ["if-none-match", "if-match"],
  refusal = 412,
}: BucketProps = {}) {
  let held: string | undefined;
  const asked: string[] = [];
  const previous = new Map<string, Response>();
  const meets = (name: "if-none-match" | "if-match", value: string | undefined): boolean => {
    if (value === undefined || !conditions.includes(name)) return true;
    return name === "if-none-match" ? held === undefined : held !== undefined && etagOf(held) === value;
  };
  const execute = (method: string, headers: NodeJS.Dict<string | string[]>, body: string): Response => {
    const answer = (status: number, text = ""): Response => ({
      status,
      body: text,
      etag: held === undefined ? "" : etagOf(held),
    });
    if (method === "GET") return held === undefined ? answer(404) : answer(200, held);
    if (method === "DELETE") {
      held = undefined;
      return answer(204);
    }
    for (const name of ["if-none-match", "if-match"] as const)
      if (!meets(name, headers[name] as string | undefined)) return answer(refusal);
    held = body;
    return answer(200);
  };
  const address = await httpServer(async (request, response, text) => {
    const { method = "", headers, url } = request;
    asked.push(`${method} ${url} ${headers.authorization?.split(",")[0]}`);
    const fault = faultOf(method);
    const run = (): Response => execute(method, headers, text);
    await setTimeout(delayMs / 2);
    if (fault === "lose request") return void request.socket.destroy();
    const old = previous.get(method);
    const isRepeated = fault === "repeat response" && old !== undefined;
    if (fault === "execute twice") run();
    const answer = isRepeated ? old : run();
    previous.set(method, answer);
    await setTimeout(delayMs / 2);
    if (fault === "lose response") return void request.socket.destroy();
    response.writeHead(answer.status, answer.etag === "" ? {} : { etag: answer.etag });
    response.end(answer.body);
  });
  const url = `${address}/states/production/ops.lock`;
  const props: BucketStoreProps = {
    url,
    region: "fsn1",
    accessKeyId: "id",
    secretAccessKey: 'se"cret',
    pauseSeconds: 0.01,
  };
  return { props, asked };
}
