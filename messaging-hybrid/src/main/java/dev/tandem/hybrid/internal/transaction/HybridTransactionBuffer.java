package dev.tandem.hybrid.internal.transaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;
import dev.tandem.api.audit.AuditRecord;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.hybrid.HybridTransaction;
import dev.tandem.hybrid.Route;
import dev.tandem.hybrid.internal.send.LiveMessages;
import dev.tandem.hybrid.internal.wire.Destination.Live;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.frame.FrameScripts;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.pubsub.internal.frame.OutgoingMessage;
import dev.tandem.pubsub.internal.limit.RateLimits;
import dev.tandem.streams.Delivery;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.Transaction;
import dev.tandem.streams.TransactionState;
import dev.tandem.streams.internal.entry.EntryFormat;
import dev.tandem.streams.internal.transaction.CommitScript;
import dev.tandem.streams.internal.transaction.OpenTransaction;
import dev.tandem.streams.internal.transaction.Operation;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.internal.quota.TransactionRights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gathers what a handler wants to publish. For one thread. */
public final class HybridTransactionBuffer<T> implements HybridTransaction<T> {
  private static final String APPEND_LIVE = "append_live";
  private static final CommitScript COMMIT =
      CommitScript.knowing(
          FrameScripts.APPEND_FRAME, HybridTransactionBuffer.class, "live_operations.lua");

  private final Transaction<T> transaction;
  private final OpenTransaction open;
  private final RateLimits limits;
  private final Map<String, ChannelFrame> frames = new LinkedHashMap<>();
  private int live;
  private long liveBytes;

  /**
   * Nothing is published yet.
   *
   * @param transaction one of a worker's
   */
  public HybridTransactionBuffer(Transaction<T> transaction, RateLimits limits) {
    this.transaction = transaction;
    this.open = (OpenTransaction) transaction;
    this.limits = limits;
  }

  @Override
  public Delivery<T> delivery() {
    return transaction.delivery();
  }

  @Override
  public <R> void send(StreamTopic<R> topic, Message<R> message) {
    transaction.send(topic, message);
  }

  @Override
  public TransactionState state(String name) {
    return transaction.state(name);
  }

  @Override
  public <R> void publish(Message<R> message, Route<R> route) {
    open.checkOpen();
    Require.notNull("message", message);
    FixedRoute<R> fixed = Require.notNull("route", route).forType(message.type());
    StreamTopic<R> topic = fixed.topic();
    if (topic == null) {
      SerdeContext context = new SerdeContext(tenant().name(), fixed.channels().get(0).name());
      LiveMessages<R> messages = new LiveMessages<>(null, message, null, null);
      messages.addAll(fixed, context);
      check(messages, fixed);
      admit(null, List.of(), messages);
      add(messages, message, delivery().id().value());
      return;
    }
    List<byte[]> fields = EntryFormat.encode(tenant(), topic, message);
    LiveMessages<R> messages =
        new LiveMessages<>(null, message, topic.serde(), fields.get(EntryFormat.DATA_VALUE));
    messages.addAll(fixed, new SerdeContext(tenant().name(), topic.name()));
    check(messages, fixed);
    admit(topic, fields, messages);
    int number = open.addOutput(topic, output(topic, fields, messages.channels()));
    open.note(AuditRecord.Kind.STREAM, topic.name(), message);
    add(messages, message, Integer.toString(number));
  }

  private Tenant tenant() {
    return delivery().tenant();
  }

  /** Refuses what would be too much, before anything is added. */
  private void check(LiveMessages<?> messages, FixedRoute<?> route) {
    int channels = frames.size();
    for (Live channel : messages.channels()) {
      ChannelFrame known = frames.get(channel.name());
      if (known != null && !known.channel().equals(channel)) {
        throw new InvalidValueException(
            "channel", channel.name(), "must be described like before in this transaction");
      }
      channels += known == null ? 1 : 0;
    }
    long bytes = liveBytes;
    for (OutgoingMessage message : messages.messages()) {
      bytes += message.size();
    }
    int count = live + messages.messages().size();
    Require.inRange("channels of the transaction", channels, 0, MOST_CHANNELS);
    Require.inRange("live messages in the transaction", count, 0, MOST_LIVE);
    if (bytes > MOST_LIVE_BYTES) {
      throw new InvalidValueException(
          "size of the live messages in bytes", bytes, "must be at most " + MOST_LIVE_BYTES);
    }
    for (Channel<?> channel : route.channels()) {
      limits.acquire(tenant(), channel, 1, true);
    }
  }

  /** Takes rights for all places of a message; none if one of them refuses it. */
  private void admit(
      @Nullable StreamTopic<?> topic, List<byte[]> fields, LiveMessages<?> messages) {
    TransactionRights rights = open.rights();
    if (rights == null) {
      return;
    }
    long before = rights.messages();
    try {
      for (Live channel : messages.channels()) {
        ChannelKeys keys = open.keys().channel(tenant(), channel.name());
        rights.channel(keys, channel.name(), channel.isRecoverable(), messages.largestPayload());
      }
      if (topic != null) { // last: there is nothing behind it that could refuse
        StreamKeys stream = open.keys().stream(tenant(), topic.name());
        int payload = fields.get(EntryFormat.DATA_VALUE).length;
        rights.append(stream, topic.name(), EntryFormat.size(fields), payload);
      }
    } catch (MessagingException e) {
      rights.giveBackTo(before);
      throw e;
    }
  }

  /** The output, which tells where its message will stand on recoverable channels. */
  private Operation output(StreamTopic<?> topic, List<byte[]> fields, List<Live> channels) {
    List<byte[]> places = new ArrayList<>();
    int frame = frames.size();
    for (Live channel : channels) {
      ChannelFrame known = frames.get(channel.name());
      frame += known == null ? 1 : 0;
      if (channel.isRecoverable()) {
        places.add(bytes(known == null ? frame : known.number()));
        places.add(bytes(known == null ? 1 : known.count() + 1));
      }
    }
    List<byte[]> arguments = new ArrayList<>();
    if (!places.isEmpty()) {
      arguments.add(bytes(places.size() / 2));
      arguments.addAll(places);
    }
    arguments.addAll(fields);
    return new Operation(
        places.isEmpty() ? Operation.APPEND : APPEND_LIVE,
        List.of(open.keys().stream(tenant(), topic.name()).stream()),
        arguments);
  }

  private void add(LiveMessages<?> messages, Message<?> message, String id) {
    for (int i = 0; i < messages.messages().size(); i++) {
      Live channel = messages.channels().get(i);
      OutgoingMessage encoded = messages.messages().get(i);
      frames
          .computeIfAbsent(channel.name(), name -> new ChannelFrame(frames.size() + 1, channel))
          .add(encoded, id);
      live++;
      liveBytes += encoded.size();
      open.note(AuditRecord.Kind.CHANNEL, channel.name(), message);
    }
  }

  private static byte[] bytes(int number) {
    return Integer.toString(number).getBytes(UTF_8);
  }

  /** The handler has returned: what it published commits with everything else. */
  public void complete(String instanceId, Nonces nonces) {
    if (frames.isEmpty()) {
      return;
    }
    open.commitBy(COMMIT);
    for (ChannelFrame frame : frames.values()) {
      open.add(
          frame.operation(
              tenant(), open.keys().channel(tenant(), frame.channel().name()), instanceId, nonces));
    }
  }
}
