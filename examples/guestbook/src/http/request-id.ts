import { randomUUID } from "node:crypto";

/** Name of a request in all logs, and who gave it. */
export interface RequestId {
  readonly id: string;
  readonly fromProxy: boolean;
}

/** nginx sends 32 hexadecimal digits (`$request_id`); the range allows UUIDs and what other proxies send, and nothing that could forge a log. */
const acceptable = /^[A-Za-z0-9-]{16,64}$/;

/** The id that nginx gave the request, or a new one. */
export const requestId = (header: string | string[] | undefined): RequestId =>
  typeof header === "string" && acceptable.test(header)
    ? { id: header, fromProxy: true }
    : { id: randomUUID(), fromProxy: false };
