/** What else a server's memory must hold, in MiB. The figures are generous: a small pool is better than a database that swaps or is killed. */
const reservedMib = {
  /** Kernel, systemd, agent, page cache of the logs. */
  system: 768,
  /** mysqld beside its pool: performance schema, connections, message cache of the group (540 MiB in all with a pool of 128, measured). */
  mysqld: 768,
  /** nginx, HAProxy and the application under load. */
  web: 768,
} as const;

/** The smallest pool, in MiB, and the step of all others: InnoDB's chunk size, to a multiple of which it rounds up. */
export const bufferPoolChunkMib = 128;

/** InnoDB's own structures need about a tenth on top of the pool; the rest is left free. */
const share = 0.8;

/** Properties of {@link largestBufferPoolMib}. */
export interface BufferPoolProps {
  /** Memory of the server. */
  readonly memoryMib: number;
  /** Whether the server also runs nginx and the application. */
  readonly web: boolean;
}

/**
 * Largest InnoDB buffer pool that fits a server, in MiB: what the memory holds beside everything else, rounded down to whole chunks. It is
 * both the default and the limit of `database.bufferPoolMib`.
 */
export function largestBufferPoolMib({ memoryMib, web }: BufferPoolProps): number {
  const left = memoryMib - reservedMib.system - reservedMib.mysqld - (web ? reservedMib.web : 0);
  return Math.max(bufferPoolChunkMib, Math.floor((left * share) / bufferPoolChunkMib) * bufferPoolChunkMib);
}
