package dev.tandem.pubsub.internal.index;

import dev.tandem.api.Position;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.Script;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the index of one tenant's channels, by the caller's thread.
 *
 * <p>Every recoverable channel is put into it by the script that begins its log, in the same step;
 * so a channel that has ever been published to is there, until its log has expired or it rests.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class ChannelIndex {
  /** The most channels asked about in one pipeline: {@value}. */
  public static final int MOST_A_PIPELINE = 512;

  private static final Logger LOG = LoggerFactory.getLogger(ChannelIndex.class);
  private static final Script LOOK = Script.resource(ChannelIndex.class, "look.lua");
  private static final Script REST = Script.resource(ChannelIndex.class, "rest.lua");
  private static final int PAGE = 1_000;

  private final RedisConnection redis;
  private final KeyLayout layout;
  private final Tenant tenant;

  /** The index of this tenant. */
  public ChannelIndex(RedisConnection redis, KeyLayout layout, Tenant tenant) {
    this.redis = redis;
    this.layout = layout;
    this.tenant = tenant;
  }

  /**
   * Names in the index.
   *
   * @param serverMillis the server's time when they were begun to be read
   * @param names the names
   * @param complete whether none is missing of what was asked for
   */
  public record Names(long serverMillis, Set<String> names, boolean complete) {}

  /** Those that were registered at this time or later, by the server's clock; up to a page. */
  public Names since(long serverMillis) {
    return look(Long.toString(serverMillis));
  }

  /** All of them. */
  public Names all() {
    Names names = look("+inf");
    String cursor = "0";
    do {
      List<@Nullable Object> page =
          Replies.list(
              redis
                  .commands()
                  .execute(
                      Command.of("ZSCAN")
                          .key(layout.channelIndex(tenant))
                          .arg(cursor)
                          .arg("COUNT")
                          .arg(PAGE)
                          .repeatable()));
      cursor = Replies.text(page.get(0));
      List<@Nullable Object> members = Replies.list(page.get(1));
      for (int i = 0; i < members.size(); i += 2) {
        names.names().add(Replies.text(members.get(i)));
      }
    } while (!cursor.equals("0"));
    return names;
  }

  private Names look(String since) {
    List<@Nullable Object> reply =
        Replies.list(
            redis
                .commands()
                .execute(LOOK.call(layout.channelIndex(tenant)).arg(since).arg(PAGE).repeatable()));
    Set<String> names = new LinkedHashSet<>();
    reply.subList(1, reply.size()).forEach(name -> names.add(Replies.text(name)));
    return new Names(Replies.number(reply.get(0)), names, names.size() < PAGE);
  }

  /**
   * Looks at these channels; those without a log, or with one that will never be readable, are left
   * out.
   *
   * @param questions up to {@value #MOST_A_PIPELINE}
   * @throws MessagingException if one could not be looked at now
   */
  public List<Found> ask(List<Question> questions) {
    List<@Nullable Object> replies =
        redis.commands().executeAll(questions.stream().map(this::command).toList());
    List<Found> found = new ArrayList<>(questions.size());
    for (int i = 0; i < questions.size(); i++) {
      String name = questions.get(i).name();
      try {
        List<@Nullable Object> fields = Replies.list(Replies.orThrow(replies.get(i)));
        if (!fields.isEmpty()) {
          found.add(read(name, fields));
        }
      } catch (MessagingException e) {
        if (e.code() != ErrorCode.WRONG_TYPE) {
          throw e;
        }
        LOG.warn("channel {} of tenant {} cannot be looked at: {}", name, tenant, e.getMessage());
      }
    }
    return found;
  }

  private Command command(Question question) {
    ChannelKeys keys = layout.channel(tenant, question.name());
    Position at = question.at();
    Command call =
        REST.call(keys.meta(), keys.buffer(), keys.index())
            .arg(question.name())
            .arg(!question.mayRest() ? "never" : at == null ? "any" : "at");
    if (at != null) {
      call.arg(at.epoch()).arg(at.version()).arg(at.nonce());
    }
    return call.repeatable();
  }

  private static Found read(String name, List<@Nullable Object> fields) {
    String epoch = Replies.text(fields.get(0));
    return new Found(
        name,
        new Position(epoch, Replies.number(fields.get(1)), Replies.text(fields.get(2))),
        new Position(epoch, Replies.number(fields.get(3)), Replies.text(fields.get(4))),
        Replies.number(fields.get(5)) == 1);
  }
}
