import type { Config } from "../../../config/schema.js";
import { aptKeys } from "../../../platform/apt-keys.js";
import type { AptSource } from "../../part/part.js";

/** As MySQL's own setup package writes it: plain HTTP, for apt trusts the signature and nothing else. */
const vendorUrl = "http://repo.mysql.com/apt/debian";

/** MySQL's repository for Debian, component of one LTS series. */
export function mysqlAptSource({ database, aptSources }: Config): AptSource {
  const { url = vendorUrl, key = aptKeys.mysql } = aptSources.mysql;
  return {
    name: "mysql",
    source: `deb ${url} $RELEASE mysql-${database.series}-lts`,
    key,
  };
}
