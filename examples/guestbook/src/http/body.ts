import type { IncomingMessage } from "node:http";
import type { Context } from "hono";
import { limits } from "../limits.js";
import { badRequest, HttpError } from "./errors.js";
import type { AppEnv } from "./server.js";

/** Reads a JSON body. @throws 415 for another content type, 400 for broken JSON */
export const readJson = async (c: Context<AppEnv>): Promise<unknown> => {
  requireType(c, "application/json");
  const text = await decode(c);
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("The body is not valid JSON.");
  }
};

/** Reads a form as browsers send it. @throws 415 for another content type */
export const readForm = async (c: Context<AppEnv>): Promise<URLSearchParams> => {
  requireType(c, "application/x-www-form-urlencoded");
  return new URLSearchParams(await decode(c));
};

const requireType = (c: Context<AppEnv>, type: string): void => {
  const actual = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (actual === type) return;
  throw new HttpError({ status: 415, code: "unsupported_media_type", message: `The content type must be ${type}.` });
};

const decode = async (c: Context<AppEnv>): Promise<string> => {
  const body = await readBody(c.env.incoming);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw badRequest("The body is not valid UTF-8.");
  }
};

/** Reads Node's own stream: the web's streams, which hono's limit of bodies reads, cost more than all else of a request. */
const readBody = async (incoming: IncomingMessage): Promise<Buffer> => {
  if (Number(incoming.headers["content-length"] ?? 0) > limits.http.bodyBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.http.bodyBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof HttpError ? error : badRequest("The body ended before it was complete.");
  }
  return Buffer.concat(chunks);
};

const tooLarge = (): HttpError =>
  new HttpError({
    status: 413,
    code: "content_too_large",
    message: `The body must have at most ${limits.http.bodyBytes} bytes.`,
    headers: { connection: "close" },
  });
