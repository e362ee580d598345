import { badRequest } from "../http/errors.js";

const acceptable = /^[A-Za-z0-9._:-]{8,128}$/;

/**
 * The key that makes a note written once, however often the request is repeated: the client's own (header or hidden form field),
 * else the request id, which stays the same when nginx repeats the request. The prefixes keep the two kinds apart.
 * @throws 400 for a key of the client that is too short, too long or has other characters than letters, digits and `._:-`
 */
export const idempotencyKey = (requestId: string, fromClient: string | undefined): string => {
  if (fromClient === undefined) return `request:${requestId}`;
  if (acceptable.test(fromClient)) return `client:${fromClient}`;
  throw badRequest("An idempotency key has 8 to 128 letters, digits or any of . _ : -");
};
