import { badRequest } from "../http/errors.js";

const acceptable = /^[A-Za-z0-9._:-]{8,128}$/;

/**
 * The key by which a repeated request writes a note only once: the client's key (header or hidden form field), otherwise the
 * request id, which nginx keeps when it repeats a request. Prefixes distinguish the two kinds.
 * @throws 400 for a key of the client that is too short, too long or has other characters than letters, digits and `._:-`
 */
export const idempotencyKey = (requestId: string, fromClient: string | undefined): string => {
  if (fromClient === undefined) return `request:${requestId}`;
  if (acceptable.test(fromClient)) return `client:${fromClient}`;
  throw badRequest("An idempotency key has 8 to 128 letters, digits or any of . _ : -");
};
