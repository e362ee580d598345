import { sleep } from "../core/shell.js";

/** A DNS record in the format of Cloudflare's API. */
export interface DnsRecord {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly comment?: string | null;
}

/** Changes of DNS records. Cloudflare executes them in this order, and either all of them or none. */
export interface RecordChanges {
  readonly deletes: readonly Pick<DnsRecord, "id">[];
  readonly patches: readonly Pick<DnsRecord, "id" | "content">[];
  readonly posts: readonly (Omit<DnsRecord, "id"> & { readonly ttl: number; readonly proxied: boolean })[];
}

/** Options of {@link CloudflareApi}. */
export interface CloudflareApiProps {
  /** `CLOUDFLARE_API_TOKEN`. */
  readonly token: string;
  /** @default "https://api.cloudflare.com/client/v4" */
  readonly endpoint?: string | undefined;
  /** Maximum seconds to wait for one response. @default 5 */
  readonly answerSeconds?: number;
}

/** Maximum number of attempts of a read request. */
const attempts = 3;

/** Client for the calls of Cloudflare's API that direct visitors. They do not need Terraform's state. */
export class CloudflareApi {
  constructor(private readonly props: CloudflareApiProps) {}

  /** Returns the id of a zone. @throws Error if the token can see no zone, or two zones, with this name */
  async zoneId(name: string, accountName?: string): Promise<string> {
    const query = new URLSearchParams({ name, ...(accountName !== undefined && { "account.name": accountName }) });
    const zones = await this.read<readonly { readonly id: string }[]>(`/zones?${query.toString()}`);
    const [zone] = zones;
    if (zone === undefined || zones.length > 1)
      throw new Error(`CLOUDFLARE_API_TOKEN: can see ${zones.length} zones ${name}, but must see exactly one`);
    return zone.id;
  }

  /** Returns all DNS records with this name. */
  records(zone: string, name: string): Promise<readonly DnsRecord[]> {
    return this.read(`/zones/${zone}/dns_records?${new URLSearchParams({ name, per_page: "100" }).toString()}`);
  }

  /** Changes DNS records. The request is not repeated: if the response is lost, the caller reads the records again. */
  async change(zone: string, changes: RecordChanges): Promise<void> {
    await this.ask("POST", `/zones/${zone}/dns_records/batch`, changes);
  }

  private async read<T>(path: string): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.ask<T>("GET", path);
      } catch (error) {
        if (attempt === attempts) throw error;
        await sleep(1);
      }
    }
  }

  private async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const { token, endpoint = "https://api.cloudflare.com/client/v4", answerSeconds = 5 } = this.props;
    const place = `Cloudflare: ${method} ${path.split("?")[0]}`;
    const answer = await fetch(`${endpoint}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerSeconds * 1000),
    }).catch((error: Error) => {
      throw new Error(`${place}: no answer: ${error.message}`, { cause: error });
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${place}: ${answer.status} ${text.slice(0, 200)}`);
    return (JSON.parse(text) as { readonly result: T }).result;
  }
}
