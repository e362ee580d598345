import type { IncomingMessage } from "node:http";
import { badRequest, HttpError } from "./errors.js";
import type { AppRequest } from "./exchange.js";

/** Reads the body of a request. @throws 413 as soon as it is known to exceed `limitBytes` */
export const readBody = async (request: IncomingMessage, limitBytes: number): Promise<Buffer> => {
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limitBytes) throw tooLarge(limitBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof HttpError ? error : badRequest("The body ended before it was complete.");
  }
  return Buffer.concat(chunks);
};

/** Reads a JSON body. @throws 415 for another content type, 400 for broken JSON */
export const readJson = async (request: AppRequest): Promise<unknown> => {
  requireType(request, "application/json");
  const text = decode(await request.body());
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("The body is not valid JSON.");
  }
};

/** Reads a form as browsers send it. @throws 415 for another content type */
export const readForm = async (request: AppRequest): Promise<URLSearchParams> => {
  requireType(request, "application/x-www-form-urlencoded");
  return new URLSearchParams(decode(await request.body()));
};

const requireType = (request: AppRequest, type: string): void => {
  const actual = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (actual === type) return;
  throw new HttpError({ status: 415, code: "unsupported_media_type", message: `The content type must be ${type}.` });
};

const decode = (body: Buffer): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw badRequest("The body is not valid UTF-8.");
  }
};

const tooLarge = (limitBytes: number): HttpError =>
  new HttpError({
    status: 413,
    code: "content_too_large",
    message: `The body must have at most ${limitBytes} bytes.`,
    headers: { connection: "close" },
  });
