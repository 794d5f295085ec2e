package dev.tandem.streams.internal.work;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.streams.Delivery;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.Leased;
import dev.tandem.tenant.Tenant;
import java.time.Instant;

/** What a handler sees of a lease. */
record LeasedDelivery<T>(Lease lease, StreamTopic<T> topic, Message<T> message, Attempt attempt)
    implements Delivery<T>, Leased {
  @Override
  public MessageId id() {
    return MessageId.of(lease.id().toString());
  }

  @Override
  public Tenant tenant() {
    return lease.stream().tenant();
  }

  @Override
  public String group() {
    return lease.stream().group();
  }

  @Override
  public long deliveries() {
    return lease.deliveries();
  }

  @Override
  public boolean isLeaseLost() {
    return lease.isLost() || attempt.isOverrun();
  }

  @Override
  public Instant publishedAt() {
    return lease.id().time();
  }

  @Override
  public String toString() {
    return "Delivery[" + lease + "]";
  }
}
