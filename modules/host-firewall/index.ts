import type { PayloadContext, PayloadPart } from "../payload/part.js";

export const hostFirewallPart = (_context: PayloadContext): PayloadPart => ({});
