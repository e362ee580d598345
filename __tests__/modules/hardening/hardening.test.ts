import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hardeningPart } from "../../../modules/hardening/index.js";
import { contentOf, partOf, temporaryFolder, writeBelow } from "../../support/payload-files.js";
import { hasTool, runTool } from "../../support/tools.js";

const part = partOf(hardeningPart);
const sshd = contentOf(part, "/etc/ssh/sshd_config.d/10-platform.conf");
const setup = contentOf(part, "/usr/local/lib/platform/setup-hardening");

describe("hardening", () => {
  it("is seven packages, nine files, one command", () => {
    expect(part.packages).toEqual([
      "ca-certificates",
      "chrony",
      "logrotate",
      "openssh-server",
      "procps",
      "systemd-resolved",
      "unattended-upgrades",
    ]);
    expect(part.files).toHaveLength(9);
    expect(part.commands).toEqual([["/usr/local/lib/platform/setup-hardening"]]);
  });
});

describe("security updates", () => {
  const upgrades = contentOf(part, "/etc/apt/apt.conf.d/60platform-upgrades");

  it("come from the security archive only and never restart the machine", () => {
    expect(upgrades).toContain("#clear Unattended-Upgrade::Origins-Pattern;");
    expect(upgrades.match(/"origin=[^"]*"/g)).toEqual([
      '"origin=Debian,codename=${distro_codename}-security,label=Debian-Security"',
    ]);
    expect(upgrades).toContain('Unattended-Upgrade::Automatic-Reboot "false";');
  });

  it.runIf(hasTool("apt-config", "apt configuration"))("are understood by apt", () => {
    const folder = temporaryFolder();
    writeBelow(folder, [{ path: "upgrades", content: upgrades }]);
    const { output } = runTool("apt-config", [
      "-c",
      join(folder, "upgrades"),
      "dump",
      "Unattended-Upgrade::Automatic-Reboot",
    ]);
    expect(output.trim()).toBe('Unattended-Upgrade::Automatic-Reboot "false";');
  });
});

describe("ssh", () => {
  it("takes keys only, of root only", () => {
    expect(sshd).toMatch(/^PermitRootLogin prohibit-password\nAllowUsers root\nPasswordAuthentication no$/m);
    expect(setup).toContain("usermod --password '*' root");
  });

  it("is checked before it takes up new settings", () => {
    expect(setup).toMatch(/sshd -t\n.*\nsystemctl reload-or-restart ssh\.service\n/);
  });

  it.runIf(hasTool("/usr/sbin/sshd", "sshd settings"))(
    "has settings that sshd accepts, without weak algorithms",
    () => {
      const folder = temporaryFolder();
      const key = join(folder, "key");
      runTool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
      writeBelow(folder, [{ path: "sshd.conf", content: sshd.replace("/etc/ssh/ssh_host_ed25519_key", key) }]);
      const { status, output } = runTool("unshare", [
        "-m",
        "sh",
        "-c",
        `mkdir -p /run/sshd && /usr/sbin/sshd -T -f ${join(folder, "sshd.conf")}`,
      ]);
      expect(status).toBe(0);
      expect(output).toMatch(/^passwordauthentication no$/m);
      expect(output).not.toMatch(/^(macs|kexalgorithms|ciphers) .*(sha1\b|cbc|ecdh-sha2|umac-64)/m);
    },
  );
});

describe("names", () => {
  it("come from Hetzner's resolvers, and from no other", () => {
    expect(contentOf(part, "/etc/systemd/resolved.conf.d/60-platform.conf")).toBe(
      "[Resolve]\nDNS=185.12.64.1 185.12.64.2 2a01:4ff:ff00::add:1 2a01:4ff:ff00::add:2\nFallbackDNS=\nDomains=~.\nLLMNR=no\nMulticastDNS=no\n",
    );
  });
});
