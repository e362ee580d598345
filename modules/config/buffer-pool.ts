/** Memory that a server needs besides the buffer pool, in MiB. The values are generous, because a small pool is better than a database that swaps or is killed. */
const reservedMib = {
  /** Kernel, systemd, agent, page cache of the logs. */
  system: 768,
  /** mysqld without its pool: performance schema, connections, message cache of the group (540 MiB in all with a pool of 128, measured). */
  mysqld: 768,
} as const;

/** The smallest pool, in MiB. InnoDB rounds all pool sizes up to multiples of this chunk size. */
export const bufferPoolChunkMib = 128;

/** Properties of {@link applicationRoomMib}. */
export interface ApplicationRoomProps {
  /** Memory of the server. */
  readonly memoryMib: number;
  /** Whether the server also runs MySQL. */
  readonly database: boolean;
}

/** Maximum memory for the application on a server, in MiB. A server with MySQL must also hold the smallest buffer pool. */
export const applicationRoomMib = ({ memoryMib, database }: ApplicationRoomProps): number =>
  memoryMib - reservedMib.system - (database ? reservedMib.mysqld + bufferPoolChunkMib : 0);

/** InnoDB's own structures need about 10 % in addition to the pool; the rest stays free. */
const share = 0.8;

/** Properties of {@link largestBufferPoolMib}. */
export interface BufferPoolProps {
  /** Memory of the server. */
  readonly memoryMib: number;
  /** Maximum memory of the application on the same server. nginx and HAProxy need little. @default - none: the server has no application */
  readonly applicationMib?: number;
}

/**
 * Largest InnoDB buffer pool that fits on a server, in MiB, rounded down to whole chunks. It is the default and the maximum of
 * `database.bufferPoolMib`.
 */
export function largestBufferPoolMib({ memoryMib, applicationMib = 0 }: BufferPoolProps): number {
  const left = memoryMib - reservedMib.system - reservedMib.mysqld - applicationMib;
  return Math.max(bufferPoolChunkMib, Math.floor((left * share) / bufferPoolChunkMib) * bufferPoolChunkMib);
}
