package dev.tandem.redis.internal;

import java.time.Duration;

/**
 * How often a harmless call is tried, and how long to wait after the first failure (doubled after
 * each further one).
 *
 * @param attempts tries in all, the first included
 * @param firstDelay the wait after the first failure
 */
public record RetrySettings(int attempts, Duration firstDelay) {}
