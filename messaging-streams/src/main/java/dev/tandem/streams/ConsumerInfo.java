package dev.tandem.streams;

import java.time.Duration;

/**
 * A consumer of a group.
 *
 * <p>Thread safety: immutable.
 *
 * @param name its name
 * @param pending messages pending under its name
 * @param idle how long ago it last did something; before Redis 7.2 an attempt to read that finds
 *     nothing does not count
 * @param reserved whether it is no process, but the name under which Tandem keeps messages that
 *     wait for a retry ({@code tandem-parked}), were handed back ({@code tandem-released}), or were
 *     held by nobody knows whom when the group was lost ({@code tandem-orphaned})
 */
public record ConsumerInfo(String name, long pending, Duration idle, boolean reserved) {}
