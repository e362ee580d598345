import * as z from "zod";

export const visitors = z.strictObject({
  /** Maximum write requests per minute that each web server accepts from one address (IPv6: one /64), 1 to 6000. Further write requests get 429. Reads are not limited. Default: 10. */
  writesPerMinute: z.int().min(1).max(6000).default(10),
});
