import * as z from "zod";

export const visitors = z.strictObject({
  writesPerMinute: z
    .int()
    .min(1)
    .max(6000)
    .default(10)
    .describe(
      "Requests that write, of one address (with IPv6: one network of 64 bits), that each web server takes a minute, all at once if need be. More are answered with 429. Reading has no such limit.",
    ),
});
