import type { PayloadContext, PayloadPart } from "../payload/part.js";

export const nginxPart = (_context: PayloadContext): PayloadPart => ({});
