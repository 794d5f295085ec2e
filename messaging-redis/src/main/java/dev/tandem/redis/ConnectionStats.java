package dev.tandem.redis;

/**
 * What a connection has done so far.
 *
 * <p>Thread safety: immutable.
 *
 * @param roundTrips requests sent over the pool and answered or failed; a pipeline is one
 * @param connectionFailures times a connection could not be had or broke under a request
 * @param activeConnections pooled connections in use now
 * @param idleConnections pooled connections waiting now
 * @param circuitBreakerOpen whether calls are refused now after repeated failures; of a Cluster,
 *     calls to some node
 */
public record ConnectionStats(
    long roundTrips,
    long connectionFailures,
    int activeConnections,
    int idleConnections,
    boolean circuitBreakerOpen) {}
