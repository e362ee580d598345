/** Limits and time limits of the service. All limits are in one file because they depend on each other: attempt < deadline < stop bound. */
export const limits = {
  http: {
    /** Maximum size of a request body. A note of 2000 four-byte characters, form-encoded, has 24 000 bytes. */
    bodyBytes: 32 * 1024,
    /** Time limit in seconds for a client's headers. Node checks only every 30 s, so the real limit can be longer. */
    headersSeconds: 10,
    /** Time limit in seconds for a client's complete request. nginx buffers requests, so the limit is generous. */
    requestSeconds: 15,
    /**
     * Idle time in seconds after which a connection is closed. nginx closes idle connections after 5 s. The application must not close them
     * first, because nginx might be sending a request.
     */
    keepAliveSeconds: 75,
  },
  database: {
    connectionsPerEndpoint: 10,
    /**
     * Maximum number of operations in progress, including operations that wait for a connection or a failover. Further operations are
     * rejected immediately with 503.
     */
    operations: 500,
    /** Time limit in seconds for TCP, TLS and login together. */
    connectSeconds: 2,
    /**
     * Time limit in seconds for one attempt of a statement, including the wait for a connection. After this time, the service no longer
     * waits for a frozen member.
     */
    attemptSeconds: 3,
    /** Time limit in seconds for a read, which tries a replica and the primary in turn. */
    readDeadlineSeconds: 5,
    /** Time limit in seconds for a write, which waits for a failover (7 to 8 s measured). */
    writeDeadlineSeconds: 10,
    /** Pause in seconds between two attempts. The pause grows from the first to the second value. */
    firstPauseSeconds: 0.05,
    longestPauseSeconds: 0.5,
    /** Pause in seconds between two probes of an unavailable side. All requests wait for a successful probe. */
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
     * Maximum time in seconds for which nginx can use or close idle connections during a stop. The drain is longer than the 5 s after which
     * nginx closes idle connections.
     */
    drainSeconds: 7,
    /** Time in seconds for requests in progress after the drain. This time limit is longer than the longest write. */
    finishSeconds: 12,
  },
  /** Maximum time in seconds that a new process waits for the database before it accepts connections. */
  startSeconds: 3,
} as const;
