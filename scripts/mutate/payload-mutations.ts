import type { Mutation } from "./mutation.js";

/** Mistakes in one file of a part of the payload. */
const inFile = (
  file: string,
  ...mistakes: readonly (readonly [from: string, to: string, harm: string])[]
): readonly Mutation[] =>
  mistakes.map(([from, to, harm]) => ({ file: `modules/machine/parts/${file}`, from, to, harm }));

/** Mistakes in the files of servers that a hurried reader would overlook. Each is an example of its kind. Add those that got past the tests. */
export const payloadMutations: readonly Mutation[] = [
  ...inFile(
    "nginx/files/site.conf.hbs",
    ["\treturn 421;\n}\n\nserver {", "\treturn 200;\n}\n\nserver {", "foreign names are served"],
    ["default 0;\n\tinclude {{edgeToken}};", "default 1;\n\tinclude {{edgeToken}};", "everybody passes for Cloudflare"],
    ["\t00 1;", "\t00 0;", "nobody is refused without the edge's secret"],
    ["if ($is_health_check = 0) {", "if ($is_health_check = 2) {", "visitors read the health check"],
    ["if (!-f {{inService}}) {", "if (-f {{inService}}) {", "a server in service says it is not"],
    ["error_page 500 502 503 504 =503 @unhealthy;", "", "the health check gives no reason"],
    ["ssl_reject_handshake on;", "ssl_reject_handshake off;", "any name gets a certificate"],
    ["ssl_verify_client on;", "ssl_verify_client optional;", "anybody passes for Cloudflare"],
    ["error_page 495 496 497 @nothing;", "", "a direct hit gets an answer"],
    ["listen 127.0.0.1:{{statusPort}};", "listen {{statusPort}};", "the status page is public"],
  ),
  ...inFile(
    "nginx/files/nginx.conf.hbs",
    ["log_format platform escape=json", "log_format platform", "a header breaks log lines"],
    ["server_tokens off;", "server_tokens on;", "the version is told"],
    [
      "real_ip_header CF-Connecting-IP;",
      "real_ip_header X-Forwarded-For;",
      "visitors choose the address that is logged",
    ],
    ["set_real_ip_from {{balancerIp}};", "set_real_ip_from 0.0.0.0/0;", "anybody chooses the address that is logged"],
    ["client_header_timeout 10s;", "client_header_timeout 1000s;", "silent clients hold connections"],
    ["client_max_body_size {{bodyKib}}k;", "client_max_body_size 0;", "bodies have no limit"],
    ["rate={{writesPerMinute}}r/m;", "rate={{writesPerMinute}}r/s;", "sixty times the writes"],
    ['"~^:4(?!29)" $one_of_many;', '"~^:4(?!29)" 1;', "refused requests fill the disk"],
  ),
  ...inFile(
    "haproxy/files/haproxy.cfg.hbs",
    ["tcp-request connection reject if { nbsrv(primary) gt 1 }", "", "writes go to a replica in the first second"],
    ["uri /primary", "uri /replica", "writes go to replicas"],
    ["http-check expect status 200", "http-check expect status 200-599", "members that refuse are used"],
    ["bind 127.0.0.1:{{writePort}}", "bind :{{writePort}}", "the way to the primary is open to the network"],
    ["bind 127.0.0.1:{{statsPort}}", "bind :{{statsPort}}", "the statistics are open to the network"],
    [" backup track primary/{{this}}", " track primary/{{this}}", "the primary gets reads all the time"],
    ["on-marked-down shutdown-sessions", "", "sessions stay with a member that is no primary any more"],
  ),
  ...inFile(
    "mysql/files/server.cnf.hbs",
    ["local_infile = OFF", "local_infile = ON", "a client can be made to send files"],
    ["require_secure_transport = ON", "require_secure_transport = OFF", "passwords and data in the clear"],
    ["sync_binlog = 1", "sync_binlog = 0", "acknowledged writes are lost in a power cut"],
    ["innodb_flush_log_at_trx_commit = 1", "innodb_flush_log_at_trx_commit = 2", "the same"],
    ["super_read_only = ON", "super_read_only = OFF", "a member outside the group takes writes"],
    [
      "binlog_expire_logs_seconds = 259200",
      "binlog_expire_logs_seconds = 3600",
      "a member that was away an hour must clone",
    ],
    ["ip_allowlist = {{subnet}}", "ip_allowlist = 0.0.0.0/0", "everybody may try to join"],
    ["ssl_mode = VERIFY_IDENTITY", "ssl_mode = REQUIRED", "members are not verified"],
    ["single_primary_mode = ON", "single_primary_mode = OFF", "every member takes writes"],
    ["exit_state_action = READ_ONLY", "exit_state_action = OFFLINE_MODE", "an expelled member is not observed"],
    ["start_on_boot = OFF", "start_on_boot = ON", "MySQL starts the group without being asked"],
  ),
  ...inFile(
    "mysql/files/mysql-data",
    ["cmp -s -n 16777216", "cmp -s -n 16", "a volume that holds data is formatted"],
    ['[ -z "$(wipefs --noheadings "$1")" ] &&', "", "a volume with a signature is formatted"],
    [
      "noatime,nodev,nosuid,noexec,errors=remount-ro",
      "noatime,nodev,nosuid,noexec",
      "goes on writing to a damaged disk",
    ],
    ['[ "$status" -lt 4 ]', '[ "$status" -lt 9 ]', "a damaged volume is mounted"],
    ['rm -rf "$DATA.new"', 'rm -rf "$DATA"', "data is deleted"],
    ['mountpoint -q "$MOUNT_POINT" && return 0', "", "mounted twice"],
  ),
  ...inFile(
    "release/files/fetch-release",
    ["--proto-redir =https", "--proto-redir =https,http", "a redirect leads to http"],
    ["--max-filesize 52428800", "", "a download fills the disk"],
    ['[ "$got" = "$3" ] ||', "true ||", "any tarball is taken"],
    ["setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs tar", "tar", "unpacked as root"],
    ["! grep -qv '^[-d]' \"$1.list\" ||", "true ||", "links in the tarball are unpacked"],
    ['sync -f "$1"', "true", "an empty program after a power cut"],
  ),
  ...inFile(
    "application/files/deploy-app",
    ["flock --nonblock 9 ||", "true ||", "two deployments at once"],
    ['mv -T "$ROOT/.next" "$CURRENT"', 'ln -sfn "$1" "$CURRENT"', "for a moment there is no release"],
    ['switch_to "$previous"\n', "\n", "a broken release stays"],
    ['try_out "$work/app" ||', "true ||", "a release is switched to untried"],
  ),
  ...inFile(
    "application/files/app.service.hbs",
    ["IPAddressDeny=any", "", "the application reaches anybody"],
    ["ProtectSystem=strict", "ProtectSystem=no", "the application writes anywhere"],
    ["NoNewPrivileges=yes", "NoNewPrivileges=no", "a way to root"],
    ["Restart=always", "Restart=no", "a crash is for good"],
    ["StartLimitIntervalSec=0", "StartLimitIntervalSec=10", "a crash loop is for good"],
    ["MemoryMax={{memoryMib}}M", "", "a leak takes MySQL along"],
  ),
  ...inFile(
    "hardening/files/sysctl.conf",
    ["kernel.core_pattern = |/bin/false", "kernel.core_pattern = core", "secrets in core dumps"],
    ["fs.suid_dumpable = 0", "fs.suid_dumpable = 1", "secrets in core dumps"],
  ),
  ...inFile(
    "hardening/files/sshd.conf",
    ["PasswordAuthentication no", "PasswordAuthentication yes", "passwords are tried"],
    ["PermitRootLogin prohibit-password", "PermitRootLogin yes", "root's password is tried"],
  ),
  ...inFile(
    "host-firewall/files/sysctl.conf",
    ["net.ipv4.conf.all.rp_filter = 1", "net.ipv4.conf.all.rp_filter = 0", "private addresses from outside"],
    [
      "net.ipv4.conf.all.accept_redirects = 0",
      "net.ipv4.conf.all.accept_redirects = 1",
      "routes are changed from outside",
    ],
  ),
  ...inFile(
    "host-firewall/files/nftables.conf.hbs",
    [
      "type filter hook input priority filter; policy drop;",
      "type filter hook input priority filter; policy accept;",
      "open",
    ],
    [
      "type filter hook output priority filter; policy drop;\n",
      "type filter hook output priority filter; policy accept;\n",
      "open",
    ],
    [
      "ct state established tcp flags & (syn | ack) != syn accept",
      "ct state established accept",
      "datagrams of another user's talk pass",
    ],
    [
      "type filter hook forward priority filter; policy drop;",
      "type filter hook forward priority filter; policy accept;",
      "a router",
    ],
  ),
  ...inFile(
    "datadog-agent/files/datadog.yaml.hbs",
    ["remote_configuration:\n  enabled: false", "remote_configuration:\n  enabled: true", "changed from outside"],
    ["apm_config:\n  enabled: false", "apm_config:\n  enabled: true", "a listener nobody asked for"],
    ["force_use_http: true", "force_use_http: false", "logs do not get out"],
  ),
];
