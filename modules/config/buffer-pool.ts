/** What else a server's memory must hold, in MiB. The figures are generous: a small pool is better than a database that swaps or is killed. */
const reservedMib = {
  /** Kernel, systemd, agent, page cache of the logs. */
  system: 768,
  /** mysqld beside its pool: performance schema, connections, message cache of the group (540 MiB in all with a pool of 128, measured). */
  mysqld: 768,
} as const;

/** The smallest pool, in MiB, and the step of all others: InnoDB's chunk size, to a multiple of which it rounds up. */
export const bufferPoolChunkMib = 128;

/** Properties of {@link applicationRoomMib}. */
export interface ApplicationRoomProps {
  /** Memory of the server. */
  readonly memoryMib: number;
  /** Whether the server also runs MySQL. */
  readonly database: boolean;
}

/** Most memory that a server has for the application, in MiB: beside the smallest buffer pool, where there is a database. */
export const applicationRoomMib = ({ memoryMib, database }: ApplicationRoomProps): number =>
  memoryMib - reservedMib.system - (database ? reservedMib.mysqld + bufferPoolChunkMib : 0);

/** InnoDB's own structures need about a tenth on top of the pool; the rest is left free. */
const share = 0.8;

/** Properties of {@link largestBufferPoolMib}. */
export interface BufferPoolProps {
  /** Memory of the server. */
  readonly memoryMib: number;
  /** Most memory of the application, where it runs beside; nginx and HAProxy take little. @default - none: no web server */
  readonly applicationMib?: number;
}

/**
 * Largest InnoDB buffer pool that fits a server, in MiB: what the memory holds beside everything else, rounded down to whole chunks. It is
 * both the default and the limit of `database.bufferPoolMib`.
 */
export function largestBufferPoolMib({ memoryMib, applicationMib = 0 }: BufferPoolProps): number {
  const left = memoryMib - reservedMib.system - reservedMib.mysqld - applicationMib;
  return Math.max(bufferPoolChunkMib, Math.floor((left * share) / bufferPoolChunkMib) * bufferPoolChunkMib);
}
