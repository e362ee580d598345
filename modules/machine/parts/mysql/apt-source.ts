import type { Config } from "../../../config/schema.js";
import { aptKeys } from "../../../platform/apt-keys.js";
import type { AptSource } from "../../part/part.js";

/** URL of MySQL's apt repository, as in MySQL's own setup package. Plain HTTP is sufficient because apt verifies the signature. */
const vendorUrl = "http://repo.mysql.com/apt/debian";

/** Returns MySQL's apt repository for Debian with the configured LTS series. */
export function mysqlAptSource({ database, aptSources }: Config): AptSource {
  const { url = vendorUrl, key = aptKeys.mysql } = aptSources.mysql;
  return {
    name: "mysql",
    source: `deb ${url} $RELEASE mysql-${database.series}-lts`,
    key,
  };
}
