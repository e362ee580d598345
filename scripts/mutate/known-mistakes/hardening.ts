import type { KnownMistakes } from "../mutation.js";

export const hardening: KnownMistakes = {
  "sysctl.conf": [
    ["kernel.core_pattern = |/bin/false", "kernel.core_pattern = core", "secrets in core dumps"],
    ["fs.suid_dumpable = 0", "fs.suid_dumpable = 1", "secrets in core dumps"],
    ["kernel.dmesg_restrict = 1", "kernel.dmesg_restrict = 0", "everybody reads the kernel's log"],
    ["kernel.yama.ptrace_scope = 1", "kernel.yama.ptrace_scope = 0", "processes read each other"],
  ],
  "sshd.conf": [
    ["PasswordAuthentication no", "PasswordAuthentication yes", "passwords are tried"],
    ["PermitRootLogin prohibit-password", "PermitRootLogin yes", "root's password is tried"],
    ["AllowTcpForwarding no", "AllowTcpForwarding yes", "a way past the firewall"],
    ["AllowUsers root", "AllowUsers *", "any account can log in"],
    ["hmac-sha2-256,", "", "a weak code is left"],
    ["MaxAuthTries 3", "MaxAuthTries 30", "more tries"],
    ["HostKey /etc/ssh/host_ed25519_key", "HostKey /etc/ssh/ssh_host_ed25519_key", "a key that nobody knows"],
  ],
  "setup-hardening": [
    ["sshd -t\n", "", "nobody can log in any more"],
    ["usermod --password '*' root\n", "", "root has a password"],
  ],
  "apt-upgrades.conf": [
    ["-security,label=Debian-Security", ",label=Debian", "security updates are never installed"],
    ['Automatic-Reboot "false"', 'Automatic-Reboot "true"', "all servers reboot by themselves"],
  ],
  "apt-upgrade-timer.conf.hbs": [
    ["Persistent=false", "Persistent=true", "all servers upgrade together after an outage"],
    ["OnCalendar=\n", "", "a second time, the same on all servers"],
  ],
  "restart-upgraded": [
    ["systemctl is-active --quiet in-service.service", "true", "a server that was taken out is put back"],
    ["grep '^app-worker-'", "grep '^app-'", "a schedule is cut off in the midst of its work"],
    ["trap 'systemctl start in-service.service' EXIT", "", "a server stays out of service"],
    ['grep -qx "$name.service"', 'grep -q "$name"', "services of other names are restarted"],
    [
      "web=$(among app haproxy nginx)",
      "web=$(among app haproxy)",
      "nginx runs replaced code, or is restarted under visitors",
    ],
  ],
  "journald.conf": [
    ["SystemMaxUse=1G", "SystemMaxUse=100G", "the journal fills the disk"],
    ["Storage=persistent", "Storage=volatile", "no journal of before the crash"],
  ],
  "vendor-updates": [
    [
      "simulated=$(apt-get --simulate dist-upgrade)",
      "simulated=$(apt-get --simulate dist-upgrade || true)",
      "a failure of apt removes the notice",
    ],
    ['rm -f "$notice"', "true", "a notice that nothing takes away"],
  ],
  "update-lists": [[" -o APT::Update::Error-Mode=any", "", "an expired key is reported as success"]],
  "check-updates": [["-mmin -4320", "-mmin -999999", "stopped upgrades are never reported"]],
  "check-expiry": [["--date '180 days'", "--date '1 days'", "the owner is warned on the last day"]],
};
