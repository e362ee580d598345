import { refused } from "./refused.js";

const nextKey = { url: "https://repo.mysql.com/next", fingerprints: ["A".repeat(40)], ends: "2029-10-23" };

refused("apt's sources", [
  [
    { aptSources: { mysql: { url: "ftp://mirror.foobar.com/mysql" } } },
    'aptSources.mysql.url: must be an http or https URL, got "ftp://mirror.foobar.com/mysql"; write it as "https://mirror.foobar.com/path"',
  ],
  [
    { aptSources: { mysql: { url: "http://10.0.1.20/mysql" } } },
    'aptSources.mysql.url: must be on the internet, because servers download nothing over the private network, got "http://10.0.1.20/mysql"; write a public host',
  ],
  [
    { aptSources: { datadog: { url: "http://[fd00::1]/datadog" } } },
    'aptSources.datadog.url: must be on the internet, because servers download nothing over the private network, got "http://[fd00::1]/datadog"; write a public host',
  ],
  [
    { aptSources: { mysql: { keyFile: "/nowhere/key.asc" } } },
    'aptSources.mysql.keyFile: must be the path of a readable file, got "/nowhere/key.asc"; write an absolute path, or a path relative to the project\'s folder',
  ],
  [
    { aptSources: { datadog: { keyFile: "package.json" } } },
    'aptSources.datadog.keyFile: must be a file with one armored public key, got "package.json"; replace its content with the output of `gpg --armor --export KEY`',
  ],
  [
    { aptSources: { datadog: { keyfile: "package.json" } } },
    'aptSources.datadog.keyfile: is not a known setting, got "package.json"; did you mean keyFile?',
  ],
  [
    { aptSources: { mysql: { publishedKey: { ...nextKey, fingerprints: ["bca4 3417"] } } } },
    'aptSources.mysql.publishedKey.fingerprints[0]: must be 40 upper-case hexadecimal digits, got "bca4 3417"; copy it from the output of `gpg --show-keys`, without spaces',
  ],
  [
    { aptSources: { mysql: { publishedKey: { ...nextKey, fingerprints: [] } } } },
    "aptSources.mysql.publishedKey.fingerprints: must have at least 1 entry, got []; add one",
  ],
  [
    { aptSources: { datadog: { publishedKey: { ...nextKey, ends: "2029-02-30" } } } },
    'aptSources.datadog.publishedKey.ends: must be an existing date, got "2029-02-30"; write it as 2029-03-02',
  ],
  [
    { aptSources: { datadog: { publishedKey: { ...nextKey, ends: "soon" } } } },
    'aptSources.datadog.publishedKey.ends: must be a date, got "soon"; write it as 2027-10-23',
  ],
  [
    { aptSources: { datadog: { publishedKey: { ...nextKey, url: "http://keys.foobar.com/key" } } } },
    'aptSources.datadog.publishedKey.url: must be an https URL, got "http://keys.foobar.com/key"; write it as https://keys.foobar.com/key',
  ],
]);
