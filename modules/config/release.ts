import type { Sections } from "./schema.js";

type Application = Pick<Sections["application"], "url" | "storage" | "sha256">;

/** Returns the URL below which a bucket's objects are stored. */
export const bucketUrl = ({ endpoint, bucket }: NonNullable<Application["storage"]>): string =>
  new URL(`/${bucket}/`, endpoint).href;

/** Returns the URL from which servers download a release. In a private bucket, the object's name contains the SHA-256 of the release. */
export const releaseUrl = ({ url = "", storage, sha256 }: Application): string =>
  storage ? new URL(`release-${sha256}.tar.gz`, bucketUrl(storage)).href : url;

/** Returns the line that describes a release in an environment's file. */
export function releaseLine({ storage }: Pick<Application, "storage">, url: string, sha256: string): string {
  if (storage === undefined || url !== releaseUrl({ storage, sha256 }))
    return `application: { url: "${url}", sha256: "${sha256}" },`;
  const { endpoint, region, bucket } = storage;
  return `application: { storage: { endpoint: "${endpoint}", region: "${region}", bucket: "${bucket}" }, sha256: "${sha256}" },`;
}
