import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { exampleSshKey } from "../../support/config.js";
import { lineOf } from "./mistake.js";

describe("administrators' networks", () => {
  const lineFor = (...cidrs: readonly string[]) =>
    lineOf({ administrators: { cidrs, sshKeys: { jane: exampleSshKey } } });
  it.each([
    "10.0.0.0/24",
    "172.16.0.0/16",
    "192.168.1.0/24",
    "169.254.1.0/24",
    "100.64.0.0/24",
    "127.0.0.1/32",
    "0.0.0.0/32",
    "224.0.0.0/24",
    "240.0.0.0/24",
    "255.255.255.255/32",
    "fe80::/64",
    "fd00::/64",
    "::1/128",
    "::/128",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "2002::/48",
    "4000::/48",
    "ff02::/64",
  ])("administrators.cidrs rejects the network %s, which is not public", (cidr) => {
    expect(lineFor(cidr)).toContain("administrators.cidrs[0]: must be a public network");
  });
  it.each(["8.8.8.8/32", "9.9.0.0/16", "2a01:4f8::/32", "198.51.100.7/32", "2001:db8:1::/48"])(
    "administrators.cidrs accepts the network %s",
    (cidr) => {
      expect(lineFor(cidr)).toBe("");
    },
  );
  it.each(["010.51.100.7/32", "0x8.8.8.8/32", "8.8/32"])(
    "administrators.cidrs rejects the network %s, which programs interpret differently",
    (cidr) => {
      expect(lineFor(cidr)).toContain("must be written in four decimal numbers without leading zeros");
      expect(lineFor("010.51.100.7/32")).toContain("; write it as 10.51.100.7/32, if this is the intended network");
    },
  );
  it.each(["8.8.8.8/33", "8.8.8.8/", "8.8.8.8/ 32", "8.8.8.8/32/32", "2a01:4f8::%eth0/64"])(
    "administrators.cidrs rejects the invalid network %s",
    (cidr) => {
      expect(lineFor(cidr)).toContain("administrators.cidrs[0]: must be a network in CIDR notation");
    },
  );
  it("administrators.cidrs rejects more networks than Hetzner allows in one rule", () => {
    const many = Array.from({ length: 101 }, (_, index) => `203.0.113.${index}/32`);
    expect(lineFor(...many.slice(1))).toBe("");
    expect(lineFor(...many)).toContain("administrators.cidrs: must have at most 100 entries");
  });
});

describe("SSH keys", () => {
  const lineFor = (jane: string) => lineOf({ administrators: { sshKeys: { jane } } });
  const field = (bytes: string | Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(bytes));
    return Buffer.concat([length, Buffer.from(bytes)]);
  };
  const line = (algorithm: string, ...fields: readonly (string | Buffer)[]) =>
    `${algorithm} ${Buffer.concat([algorithm, ...fields].map(field)).toString("base64")} jane doe`;
  const decoded = (text = ""): Buffer => Buffer.from(text, "base64url");
  const rsa = (modulusLength: number) => {
    const { e, n } = generateKeyPairSync("rsa", { modulusLength }).publicKey.export({ format: "jwk" });
    return line("ssh-rsa", decoded(e), Buffer.concat([Buffer.alloc(1), decoded(n)]));
  };
  const ecdsa = (namedCurve: string, nist: string) => {
    const { x, y } = generateKeyPairSync("ec", { namedCurve }).publicKey.export({ format: "jwk" });
    return line(`ecdsa-sha2-${nist}`, nist, Buffer.concat([Buffer.from([4]), decoded(x), decoded(y)]));
  };
  const short = exampleSshKey.split(" ").slice(0, 2).join(" ");

  it.each([
    exampleSshKey,
    short,
    rsa(2048),
    ecdsa("P-256", "nistp256"),
    ecdsa("P-384", "nistp384"),
    ecdsa("P-521", "nistp521"),
  ])("administrators.sshKeys accepts the SSH key %s", (key) => expect(lineFor(key)).toBe(""));
  it.each([
    ["cut off", short.slice(0, 60)],
    ["cut off by one field", line("ssh-rsa", "e")],
    ["with junk after the key", `${short}junk`],
    ["with bytes after the key", line("ssh-ed25519", Buffer.alloc(32), "more")],
    ["of the wrong length", line("ssh-ed25519", Buffer.alloc(31))],
    ["with a point that is not on the curve", line("ecdsa-sha2-nistp256", "nistp256", Buffer.alloc(65, 4))],
    ["of another algorithm than stated", short.replace("ssh-ed25519", "ssh-rsa")],
    ["named constructor", "constructor AAAA"],
    ["of an old algorithm", line("ssh-dss", "p")],
  ])("administrators.sshKeys rejects an SSH key %s", (_what, key) => {
    expect(lineFor(key)).toContain("administrators.sshKeys.jane: must be an OpenSSH public key");
  });
  it("administrators.sshKeys accepts several keys if they differ", () => {
    const two = (joe: string) => lineOf({ administrators: { sshKeys: { jane: exampleSshKey, joe } } });
    expect(two(ecdsa("P-256", "nistp256"))).toBe("");
    expect(two(`${short} joe`)).toContain("administrators.sshKeys.joe: must differ from the key of jane");
  });
  it("administrators.sshKeys rejects two keys in one line, a line break, and RSA keys of 1024 bits", () => {
    expect(lineFor(`${exampleSshKey} ${short}`)).toContain("must be one key");
    expect(lineFor(`from="*" ${short}`)).toContain("must be one key");
    expect(lineFor(`${exampleSshKey}\n${exampleSshKey}`)).toContain("must be one line");
    expect(lineFor(rsa(1024))).toContain("must be an RSA key of 2048 bits or more, but this key has 1024");
  });
});
