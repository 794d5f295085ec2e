package dev.tandem.streams.internal.group;

import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.StartPosition;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * What makes a member of a group.
 *
 * @param group the group's name
 * @param consumer the name it goes by there
 * @param lease how long it keeps what it does not renew
 * @param startFrom where a group begins that does not exist yet
 */
public record MemberSettings(
    RedisConnection redis,
    String group,
    String consumer,
    Duration lease,
    StartPosition startFrom,
    RandomGenerator random) {}
