/**
 * Memory in MiB that a server needs in addition to MySQL's buffer pool. The values are generous, because MySQL would
 * swap or be killed if the buffer pool were too large.
 */
const reservedMib = {
  /** Memory of the kernel, systemd, the Datadog agent and the page cache of logs. */
  system: 768,
  /**
   * Memory of mysqld without its buffer pool: performance schema, connections, message cache of the group. A
   * measurement showed 540 MiB including a buffer pool of 128 MiB.
   */
  mysqld: 768,
} as const;

/**
 * Size of the smallest buffer pool in MiB. InnoDB rounds the size of a buffer pool up to a multiple of this chunk size.
 */
export const bufferPoolChunkMib = 128;

/** Properties of {@link applicationRoomMib}. */
export interface ApplicationRoomProps {
  /** Memory of the server, in MiB. */
  readonly memoryMib: number;
  /** True if the server also runs MySQL. */
  readonly database: boolean;
}

/** Returns the maximum memory for the application on a server, in MiB. If the server runs MySQL, the smallest buffer pool must also fit. */
export const applicationRoomMib = ({ memoryMib, database }: ApplicationRoomProps): number =>
  memoryMib - reservedMib.system - (database ? reservedMib.mysqld + bufferPoolChunkMib : 0);

/**
 * Share of the remaining memory that the buffer pool may use. InnoDB's internal structures need about 10 % more than
 * the buffer pool, and the rest remains free.
 */
const share = 0.8;

/** Properties of {@link largestBufferPoolMib}. */
export interface BufferPoolProps {
  /** Memory of the server, in MiB. */
  readonly memoryMib: number;
  /**
   * Maximum memory of the application on the same server, in MiB. nginx and HAProxy need little memory. @default - none, because the server
   * has no application
   */
  readonly applicationMib?: number;
}

/**
 * Returns the largest InnoDB buffer pool that fits on a server, in MiB, rounded down to whole chunks. The returned size is the default and
 * the maximum of `database.bufferPoolMib`.
 */
export function largestBufferPoolMib({ memoryMib, applicationMib = 0 }: BufferPoolProps): number {
  const left = memoryMib - reservedMib.system - reservedMib.mysqld - applicationMib;
  return Math.max(bufferPoolChunkMib, Math.floor((left * share) / bufferPoolChunkMib) * bufferPoolChunkMib);
}
