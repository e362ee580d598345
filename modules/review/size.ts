/** A size as the review shows all sizes: "21.3 KiB". */
export const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
