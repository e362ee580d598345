import { describe, expect, it } from "vitest";
import { nginxPart } from "../../../../../modules/machine/parts/nginx/index.js";
import { exampleConfig } from "../../../../support/config.js";
import { partOf } from "../../../../support/payload-files.js";
import { hasToolInNetwork } from "../../../../support/tools.js";
import { besideEachOther, bothModes, inNetwork, linesOf, terminate } from "./running.js";

describe.runIf(hasToolInNetwork("nginx", "limits and logs", "-nu"))("nginx's limits and logs", besideEachOther, () => {
  const statuses = (output: string): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const status of output.split(/\s+/)) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };
  const times = (count: number, address: string, path = "/orders", method = "POST"): string =>
    `visitor -H 'CF-Connecting-IP: ${address}' -X ${method} -o /dev/null -w '%{http_code} ' "${path}?[1-${count}]"`;

  it.each(bothModes)(
    "nginx limits write requests separately for each address or IPv6 /64 network (%s)",
    async (_, part) => {
      const output = await inNetwork(
        part,
        `application
       ${times(40, "192.0.2.9")}; echo; ${times(5, "192.0.2.10")}; echo; ${times(30, "192.0.2.9", "/", "GET")}; echo; ${times(3, "192.0.2.9", "/", "HEAD").replace("-X HEAD", "-I")}; echo
       visitor -i -H 'CF-Connecting-IP: 192.0.2.9' -X DELETE '/?[1-20]' | grep -aE '^HTTP.* 429|^Retry' | tr -d '\\r' | head -2 | paste -sd' '
       ${times(40, "2001:db8:1:2::1")}; echo; ${times(5, "2001:db8:1:2:ffff::2")}; echo; ${times(5, "2001:db8:1:3::1")}; echo; cat $folder/error.log`,
      );
      const lines = linesOf(output);
      const [flood, other, reads, heads, , network, sameNetwork, otherNetwork] = lines.map((line) =>
        statuses(line.trim().replace(/^.*\r\n/gm, "")),
      );
      // nginx accepts ten requests at once, and then one request every six seconds.
      for (const accepted of [flood?.["200"], network?.["200"]]) {
        expect(accepted).toBeGreaterThanOrEqual(10);
        expect(accepted).toBeLessThan(20);
      }
      expect([other, reads, otherNetwork]).toEqual([{ 200: 5 }, { 200: 30 }, { 200: 5 }]);
      expect(heads).not.toHaveProperty("429");
      expect(lines[4]).toBe("HTTP/1.1 429 Too Many Requests Retry-After: 60");
      expect(sameNetwork?.["429"]).toBeGreaterThanOrEqual(1);
      // All lines are from the requests, so the error log is empty.
      expect(lines).toHaveLength(8);
    },
  );

  it("nginx limits write requests only on the application's write paths, as exact paths or with all paths below them", async () => {
    const part = partOf(nginxPart, exampleConfig({ application: { writePaths: ["/v1.0/", "/orders"] } }));
    const count = (path: string): string => `${times(15, "192.0.2.9", path)}; echo`;
    const output = await inNetwork(
      part,
      `application; ${count("/other")}; ${count("/orders/1")}; ${count("/v1x0/a")}; ${count("/v1.0/a")}; ${count("/orders")}`,
    );
    const limited = linesOf(output).map((line) => "429" in statuses(line.trim()));
    expect(limited).toEqual([false, false, false, true, true]);
  });

  it("a line of nginx's log is valid JSON for any request, contains shortened headers and no query", async () => {
    const output = await inNetwork(
      terminate,
      `application
       visitor -o /dev/null -A 'quote " backslash \\\\ end' -e 'http://a/"' -H 'CF-Ray: 8f-FRA' '/page%0A%22?secret=1'
       visitor -o /dev/null -A "$(printf 'a%.0s' {1..7000})" -e "$(printf 'r%.0s' {1..7000})" "/$(printf 'p%.0s' {1..6000})"; log`,
    );
    const [first = "", second = ""] = linesOf(output);
    expect(JSON.parse(first)).toMatchObject({
      server: "alpha",
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      http: {
        method: "GET",
        status_code: 200,
        version: "HTTP/1.1",
        url_details: { host: "www.foobar.com", path: '/page\n"' },
        useragent: 'quote " backslash \\\\ end',
        referer: 'http://a/"',
      },
      network: { client: { ip: "10.0.1.5" }, bytes_read: expect.any(Number) as number },
      request_time: expect.any(Number) as number,
      upstream_status: "200",
      cf_ray: "8f-FRA",
      tls: "",
    });
    expect(first).not.toContain("secret");
    expect(second.length).toBeLessThan(1300);
    expect(JSON.parse(second)).toMatchObject({ http: { useragent: "a".repeat(200), referer: "r".repeat(200) } });
  });

  it("nginx logs all requests to the application, and one percent of the requests that nginx rejects", async () => {
    const long = `-A "$(printf 'a%.0s' {1..7000})" -e "$(printf 'r%.0s' {1..7000})"`;
    const output = await inNetwork(
      terminate,
      `application
       request ${long} -o /dev/null 'http://10.0.1.11/?[1-600]'; host=other.test request ${long} -o /dev/null 'http://10.0.1.11/?[1-300]'
       log | wc -lc; for n in 1 2 3; do visitor -o /dev/null /fail; done; log | grep -c '"status_code":500'; cat $folder/error.log`,
    );
    const [refused = "", failed, ...errors] = linesOf(output);
    const [lines = 0, bytes = 0] = refused.trim().split(/\s+/).map(Number);
    console.log(`FIGURE: log of a refused request with headers of 14 kB: ${(bytes / 900).toFixed(1)} bytes`);
    expect(lines).toBeGreaterThan(0);
    expect(lines).toBeLessThan(40);
    expect(failed).toBe("3");
    expect(errors).toEqual([]);
  });
});

describe.runIf(hasToolInNetwork("nginx", "nginx's own status", "-nu"))(
  "nginx's status and processes",
  besideEachOther,
  () => {
    it("nginx serves only its status on loopback, logs failed connections to the application and runs as www-data", async () => {
      const output = await inNetwork(
        terminate,
        `curl -s http://127.0.0.1:8081/nginx_status | head -1; curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:8081/
       curl -s -o /dev/null -w '%{http_code}\n' http://10.0.1.11:8081/nginx_status
       visitor -o /dev/null /; grep -c 'connect() failed' $folder/error.log; log | wc -l
       ps -o user= --ppid "$(cat $folder/nginx.pid)" | sort -u; ls -l /proc/$(pgrep -P "$(cat $folder/nginx.pid)" | head -1)/limits | wc -l
       grep 'open files' /proc/$(pgrep -P "$(cat $folder/nginx.pid)" | head -1)/limits | awk '{print $4}'`,
      );
      expect(linesOf(output)).toEqual([
        expect.stringMatching(/^Active connections: \d+/),
        "404",
        "000",
        "1",
        "1",
        "www-data",
        "1",
        "16384",
      ]);
    });
  },
);
