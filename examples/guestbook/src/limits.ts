/**
 * Limits and time budgets of the service, in one place because they depend on each other: attempt < deadline < stop bound.
 */
export const limits = {
  http: {
    /** Maximum size of a request body. A note of 2000 four-byte characters, form-encoded, has 24 000 bytes. */
    bodyBytes: 32 * 1024,
    /** Time limit for a client's headers. Node checks only every 30 s, so it can take longer. */
    headersSeconds: 10,
    /** Time limit for a client's whole request. nginx buffers requests, so the limit is generous. */
    requestSeconds: 15,
    /**
     * Idle time of a connection. nginx closes idle connections after 5 s; the application must not close them first, because nginx might
     * be sending a request.
     */
    keepAliveSeconds: 75,
  },
  database: {
    connectionsPerEndpoint: 10,
    /**
     * Operations in progress, including operations that wait for a connection or a failover. Further operations are rejected immediately
     * with 503.
     */
    operations: 500,
    /** Time limit for TCP, TLS and login together. */
    connectSeconds: 2,
    /** Time limit for one attempt of a statement, including the wait for a connection. A frozen member is abandoned after this time. */
    attemptSeconds: 3,
    /** Deadline for a read, which tries replica and primary in turn. */
    readDeadlineSeconds: 5,
    /** Deadline for a write, which waits for a failover (7-8 s measured). */
    writeDeadlineSeconds: 10,
    /** Pause between two attempts. It grows from the first to the second value. */
    firstPauseSeconds: 0.05,
    longestPauseSeconds: 0.5,
    /** Pause between two probes of an unavailable endpoint. All requests wait for a successful probe. */
    scoutSeconds: 0.2,
    probeSeconds: 2,
  },
  health: {
    probeIntervalSeconds: 2,
    /**
     * If both endpoints are silent for this time, the server becomes unhealthy for the load balancer. It is four times the longest failover.
     */
    unreachableSeconds: 30,
  },
  stop: {
    /**
     * Maximum time in which nginx can use or close idle connections during a stop. It is longer than the 5 s after which nginx closes
     * them.
     */
    drainSeconds: 7,
    /** Time for requests in progress after that. It is longer than the longest write. */
    finishSeconds: 12,
  },
  /** Maximum time that a new process waits for the database before it accepts connections. */
  startSeconds: 3,
} as const;
