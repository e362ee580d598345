import type { Sections } from "./schema.js";

type Application = Pick<Sections["application"], "url" | "storage" | "sha256">;

/** Address of a folder's objects in a bucket. */
export const bucketUrl = ({ endpoint, bucket }: NonNullable<Application["storage"]>): string =>
  new URL(`/${bucket}/`, endpoint).href;

/** Address that servers download a release from. The name of an object in a private bucket contains the SHA-256 of the release. */
export const releaseUrl = ({ url = "", storage, sha256 }: Application): string =>
  storage ? new URL(`release-${sha256}.tar.gz`, bucketUrl(storage)).href : url;

/** The line of an environment's file that names a release. */
export function releaseLine({ storage }: Pick<Application, "storage">, url: string, sha256: string): string {
  if (storage === undefined || url !== releaseUrl({ storage, sha256 }))
    return `application: { url: "${url}", sha256: "${sha256}" },`;
  const { endpoint, region, bucket } = storage;
  return `application: { storage: { endpoint: "${endpoint}", region: "${region}", bucket: "${bucket}" }, sha256: "${sha256}" },`;
}
