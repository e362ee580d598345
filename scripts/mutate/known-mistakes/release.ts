import type { KnownMistakes } from "../mutation.js";

export const release: KnownMistakes = {
  "fetch-release.hbs": [
    ["--proto =https", "--proto =https,http", "a redirect leads to http"],
    ["--max-filesize 52428800", "", "a download fills the disk"],
    ['[ "$got" = "$3" ] ||', "true ||", "any tarball is taken"],
    ["setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs tar", "tar", "unpacked as root"],
    ["! grep -qv '^[-d]' \"$1.list\" ||", "true ||", "links in the tarball are unpacked"],
    ['sync -f "$1"', "true", "an empty program after a power cut"],
    ["--retry 5 ", "--retry 50 ", "hours until a host that is gone is given up"],
    ["--retry 5 --retry-connrefused", "", "a host that is busy for a moment fails the first boot"],
    ["umask 022", "umask 077", "nobody can read the program"],
    ['chmod -R u=rwX,go=rX "$2"', 'chmod -R a+rwX "$2"', "anybody changes the program"],
    ['chown -R root:root "$2"', "true", "nobody owns the program"],
    ["flock 9\n", "", "two at once unpack over each other"],
    ["[[ $4 != /* ]]", "false", "unpacked where the caller stands"],
    ["[[ ! $2 =~ ^[0-9a-f]{64}$ ]]", "[[ -z $2 ]]", "a part of a hash is enough"],
    [
      "sha256sum --check --status .sha256",
      "sha256sum --check --status --ignore-missing .sha256",
      "a program with a file less counts as whole",
    ],
    [
      'mv -T "$work/release/$program" "$folder"',
      'cp -r "$work/release/$program" "$folder"',
      "half a program after a power cut",
    ],
    ["trap 'rm -rf \"$work\"' EXIT", "", "downloads fill the disk"],
  ],
};
