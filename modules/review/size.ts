/** Returns the text of a size in the review, for example "21.3 KiB". */
export const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
