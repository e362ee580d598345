import type { Config } from "../../../config/schema.js";
import type { AptSource, PublishedKey } from "../../part/part.js";

/** As MySQL's own setup package writes it: plain HTTP, for apt trusts the signature and nothing else. */
const vendorUrl = "http://repo.mysql.com/apt/debian";

/** MySQL Release Engineering, until 2027-10-23. Downloaded, because the key alone would be a tenth of the user data. */
const vendorKey: PublishedKey = {
  url: "https://repo.mysql.com/RPM-GPG-KEY-mysql-2025",
  fingerprints: ["BCA43417C3B485DD128EC6D4B7B3B788A8D3785C"],
};

/** MySQL's repository for Debian, component of one LTS series. */
export function mysqlAptSource({ database, aptSources }: Config): AptSource {
  const { url = vendorUrl, key = vendorKey } = aptSources.mysql;
  return {
    name: "mysql",
    source: `deb ${url} $RELEASE mysql-${database.series}-lts`,
    key,
  };
}
