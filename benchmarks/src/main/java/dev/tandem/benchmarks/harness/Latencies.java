package dev.tandem.benchmarks.harness;

/**
 * How long the messages of one open-loop round took, from when they were due.
 *
 * @param p50Micros within which half of them arrived; infinite if fewer did
 * @param p99Micros within which 99 of 100 did; infinite if fewer did
 * @param lost how many never arrived
 */
public record Latencies(double p50Micros, double p99Micros, long lost) {}
