// Every Node process of the canary run loads this module. The module records each connection to, and each DNS lookup of, another machine.
import dns from "node:dns";
import { appendFileSync } from "node:fs";
import net from "node:net";

const isLocal = (host) => /^(localhost|127\.[\d.]+|::1|::ffff:127\.[\d.]+|0\.0\.0\.0|::)$/.test(host);

function record(what) {
  const { stack } = new Error();
  const calls = stack.split("\n").filter((line) => !/node:|connections\.mjs/.test(line));
  appendFileSync(new URL("calls", import.meta.url), `${what}\n${calls.slice(1, 5).join("\n")}\n`);
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const [options = {}] = Array.isArray(given[0]) ? given[0] : given;
  const host = options.host ?? (typeof given[1] === "string" ? given[1] : "localhost");
  if (options.path === undefined && !isLocal(host)) record(`connection to ${host}:${options.port ?? options}`);
  return connect.apply(this, given);
};

const lookup = dns.lookup;
dns.lookup = function (name, ...rest) {
  if (name && !isLocal(name) && net.isIP(name) === 0) record(`lookup of ${name}`);
  return lookup.call(this, name, ...rest);
};
