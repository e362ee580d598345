import { describe, expect, it } from "vitest";
import { nginxPart } from "../../../../../modules/machine/parts/nginx/index.js";
import { exampleConfig } from "../../../../support/config.js";
import { partOf } from "../../../../support/payload-files.js";
import { hasToolInNetwork } from "../../../../support/tools.js";
import { besideEachOther, bothModes, inNetwork, linesOf, terminate } from "./running.js";

describe.runIf(hasToolInNetwork("nginx", "the way to the application", "-nu"))(
  "nginx's requests to the application",
  besideEachOther,
  () => {
    it.each(bothModes)(
      "the application gets each request with the visitor's address and a generated request ID (%s)",
      async (_, part) => {
        const output = await inNetwork(
          part,
          `application
       visitor -i -H 'CF-Connecting-IP: 192.0.2.9' -H 'X-Request-Id: 0123456789abcdef' -H 'X-Edge-Token: ${"0".repeat(64)}' \\
         -H 'X-Forwarded-Proto: http' -H 'Connection: keep-alive, X-Forwarded-For' '/who?a=b'`,
        );
        const [head = "", body = ""] = output.split("\r\n\r\n");
        const heard = JSON.parse(body) as Record<string, string>;
        expect(heard).toMatchObject({
          host: "www.foobar.com",
          "x-forwarded-for": "192.0.2.9",
          "x-forwarded-proto": "https",
          "x-request-id": expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        });
        expect(heard).not.toHaveProperty("x-edge-token");
        expect(heard).not.toHaveProperty("connection", "close");
        expect(head.match(/^x-request-id: .*$/gim)).toEqual([`X-Request-Id: ${heard["x-request-id"]}`]);
      },
    );

    it("nginx serves only the release's static files, and allows caching for a year if a file name contains a content hash", async () => {
      const part = partOf(nginxPart, exampleConfig({ application: { staticFolder: "public" } }));
      const output = await inNetwork(
        part,
        `mkdir -p $folder/current/public; echo secret >$folder/current/settings; chmod -R a+rX $folder/current
       echo a >$folder/current/public/site.css; echo b >$folder/current/public/site.3f2a9c1b.js; echo c >$folder/current/public/site.ed.js; application
       for path in site.css site.3f2a9c1b.js site.ed.js none.css ../settings %2e%2e/settings ''; do
         visitor -i --path-as-is /static/$path | grep -aiE '^HTTP|^cache-control|^content-type|^x-frame|secret' | tr -d '\\r' | paste -sd' '; done
       visitor -o /dev/null -w '%{http_code}\\n' -X POST /static/site.css; counts`,
      );
      const lines = linesOf(output);
      expect(lines.slice(0, 3)).toEqual([
        "HTTP/1.1 200 OK Content-Type: text/css X-Frame-Options: DENY Cache-Control: public, max-age=300",
        "HTTP/1.1 200 OK Content-Type: application/javascript X-Frame-Options: DENY Cache-Control: public, max-age=31536000, immutable",
        "HTTP/1.1 200 OK Content-Type: application/javascript X-Frame-Options: DENY Cache-Control: public, max-age=300",
      ]);
      for (const line of lines.slice(3, 7)) expect(line).not.toMatch(/secret|Cache-Control: public/);
      expect([lines[3], lines[6]].map((line) => line?.slice(0, 12))).toEqual(["HTTP/1.1 404", "HTTP/1.1 403"]);
      expect(lines[7]).toBe("405");
    });

    it("every response of nginx has each security header once and no nginx version", async () => {
      const output = await inNetwork(
        terminate,
        `for path in / /readyz; do visitor -i $path; done; request -i http://10.0.1.11/; application; visitor -i /; visitor -i /fail
       for n in $(seq 12); do visitor -X POST -i /; done`,
      );
      const heads = output.split(/(?=^HTTP\/1\.1 )/m);
      const statuses = heads.map((head) => Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]));
      expect([...new Set(statuses)].sort()).toEqual([200, 403, 404, 429, 500, 502]);
      for (const head of heads) {
        const names = [...head.matchAll(/^([\w-]+): .*$/gm)].map(([, name = ""]) => name.toLowerCase());
        for (const name of [
          "x-request-id",
          "x-frame-options",
          "referrer-policy",
          "permissions-policy",
          "cross-origin-opener-policy",
          "content-security-policy",
        ])
          expect({ head, name, times: names.filter((one) => one === name).length }).toEqual({ head, name, times: 1 });
        expect(head).toMatch(/^Server: nginx\r?$/m);
        expect(head).not.toMatch(/nginx\/\d/);
      }
    });

    it("nginx rejects a request body above the size limit, and passes a smaller body to the application", async () => {
      const output = await inNetwork(
        terminate,
        `application
       head -c 40000 /dev/zero >$folder/large; head -c 70000 /dev/zero >$folder/too-large
       visitor --data-binary @$folder/large /; echo; visitor -o /dev/null -w '%{http_code}\n' --data-binary @$folder/too-large /`,
      );
      const [large = "", , tooLarge] = linesOf(output);
      expect(JSON.parse(large)).toMatchObject({ method: "POST", bytes: 40_000 });
      expect(tooLarge).toBe("413");
    });

    it("nginx never repeats a POST request after a closed connection", async () => {
      const output = await inNetwork(
        terminate,
        `application
       for n in $(seq 6); do
         # These requests leave idle connections to the application open.
         for m in $(seq 5); do visitor -o /dev/null /; done
         visitor -o /dev/null -w '%{http_code}\n' -X POST /cut
       done; counts`,
      );
      const lines = linesOf(output);
      const counts = lines.pop() ?? "";
      expect(lines).toEqual(Array.from({ length: 6 }, () => "502"));
      const { posts, connections } = JSON.parse(counts) as { posts: number; connections: number };
      expect(posts).toBe(6);
      // Each nginx worker has separate idle connections, and the application closes six connections.
      expect(connections).toBeLessThan(15);
    });

    it("nginx compresses text above 1 KiB for clients that accept gzip, with a Vary header", async () => {
      const output = await inNetwork(
        terminate,
        `application
       for path in /large /small; do visitor -i -H 'Accept-Encoding: gzip' -H 'Via: 1.1 edge' $path | tr -d '\\0' | grep -aiE '^(content-encoding|vary):' | tr -d '\\r' | paste -sd' '; done
       visitor -i /large | grep -aic '^content-encoding'`,
      );
      expect(linesOf(output)).toEqual(["Vary: Accept-Encoding Content-Encoding: gzip", "", "0"]);
    });

    it("nginx times out connections with slow headers or bodies, idle connections and a silent application", async () => {
      const seconds = (text: string): string =>
        text.replace(/(client_header_timeout|client_body_timeout|keepalive_timeout|proxy_read_timeout) \d+s/g, "$1 1s");
      const script = `
import json, socket, sys, time
token = "X-Edge-Token: " + "0" * 64
head = "Host: www.foobar.com\\r\\n" + token + "\\r\\n"
def until_closed(text):
    start = time.monotonic()
    with socket.create_connection(("10.0.1.11", 80), source_address=("10.0.1.5", 0)) as connection:
        connection.settimeout(8)
        connection.sendall(text.encode())
        try:
            while connection.recv(65536):
                pass
        except ConnectionResetError:
            pass
    return time.monotonic() - start
print(json.dumps([
    until_closed("GET / HTTP/1.1\\r\\n"),
    until_closed("POST / HTTP/1.1\\r\\n" + head + "Content-Length: 10\\r\\n\\r\\n"),
    until_closed("GET / HTTP/1.1\\r\\n" + head + "\\r\\n"),
]))`;
      const output = await inNetwork(
        terminate,
        `application
       python3 -c '${script}'; visitor -o /dev/null -w '%{http_code}\n' /silent; sleep 1.5; ss -Htn state established "( dport = :$port )" | wc -l`,
        { change: seconds },
      );
      const [closed = "", ...others] = linesOf(output);
      // The test sets the limits to 1 s. Without a limit, the connection would stay open for 8 s, until the script ends.
      for (const seconds of JSON.parse(closed) as number[]) expect(seconds).toBeLessThan(5);
      expect(others).toEqual(["504", "0"]);
    });
  },
);
