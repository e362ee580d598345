import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { type Finding, problem } from "./finding.js";

const largestGib = 1;
/**
 * Maximum number of zeros at the end of a tarball. A tarball ends with two blocks of zeros, padded to 10 KiB. The parser needs minutes for
 * hundreds of MiB of zeros.
 */
const mostZeros = 1024 ** 2;

const damaged = problem("the tarball is damaged", "build it again with `npm run app:build`");

/** Returns the number of zeros at the end of a chunk. */
function zerosAtEnd(bytes: Buffer): number {
  let last = bytes.length - 1;
  while (last >= 0 && bytes[last] === 0) last -= 1;
  return bytes.length - 1 - last;
}

/** Decompresses a tarball without storing it, and returns problems with its size. */
export async function problemsOfSize(tarball: string): Promise<readonly Finding[]> {
  let [total, zeros] = [0, 0];
  try {
    for await (const piece of createReadStream(tarball).compose(createGunzip()) as AsyncIterable<Buffer>) {
      total += piece.length;
      const end = zerosAtEnd(piece);
      zeros = end === piece.length ? zeros + end : end;
      if (total > largestGib * 1024 ** 3)
        return [
          problem(
            `the tarball unpacks to more than ${largestGib} GiB`,
            "remove files that the application does not need at run time; store large files in an object storage",
          ),
        ];
    }
  } catch {
    return [damaged];
  }
  return zeros > mostZeros ? [damaged] : [];
}
