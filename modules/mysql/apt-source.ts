import type { Config } from "../config/schema.js";
import type { AptSource } from "../payload/part.js";
import { readStatic } from "../templates.js";

/** As MySQL's own setup package writes it: plain HTTP, for apt trusts the signature and nothing else. */
const vendorUrl = "http://repo.mysql.com/apt/debian";

/**
 * MySQL Release Engineering, fingerprint BCA4 3417 C3B4 85DD 128E C6D4 B7B3 B788 A8D3 785C, until 2027-10-23.
 * Published as https://repo.mysql.com/RPM-GPG-KEY-mysql-2025; its SHA-256 is checked by a test.
 */
const vendorKey = new URL("./files/mysql-apt-key.asc", import.meta.url);

/** MySQL's repository for Debian, component of one LTS series. */
export function mysqlAptSource({ database, aptSources }: Config): AptSource {
  const { url = vendorUrl, keyFile } = aptSources.mysql;
  return {
    name: "mysql",
    source: `deb ${url} $RELEASE mysql-${database.series}-lts`,
    key: readStatic(keyFile ? new URL(keyFile, `file://${process.cwd()}/`) : vendorKey),
  };
}
