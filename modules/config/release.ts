import type { Sections } from "./schema.js";

type Application = Pick<Sections["application"], "url" | "storage" | "sha256">;

/** Returns the URL prefix of the objects in a bucket. */
export const bucketUrl = ({ endpoint, bucket }: NonNullable<Application["storage"]>): string =>
  new URL(`/${bucket}/`, endpoint).href;

/**
 * Returns the URL from which servers download a release. In a private bucket, the name of the object contains the
 * SHA-256 of the release.
 */
export const releaseUrl = ({ url = "", storage, sha256 }: Application): string =>
  storage ? new URL(`release-${sha256}.tar.gz`, bucketUrl(storage)).href : url;

/** Returns the line of an environment's file that selects a release. */
export function releaseLine({ storage }: Pick<Application, "storage">, url: string, sha256: string): string {
  if (storage === undefined || url !== releaseUrl({ storage, sha256 }))
    return `application: { url: "${url}", sha256: "${sha256}" },`;
  const { endpoint, region, bucket } = storage;
  return `application: { storage: { endpoint: "${endpoint}", region: "${region}", bucket: "${bucket}" }, sha256: "${sha256}" },`;
}
