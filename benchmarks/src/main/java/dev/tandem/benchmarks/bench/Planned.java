package dev.tandem.benchmarks.bench;

/**
 * A work and the scale at which it is done.
 *
 * @param work its name
 * @param messages how many one round moves
 * @param rate at which the latency of single messages is measured, a second
 */
record Planned(String work, int messages, int rate) {}
