package dev.tandem.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.tenant.Tenant;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Turns one line into an event. Where a name occurs twice in an object, its last value counts.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class EventParser {
  /** How deep objects and arrays may be nested: less than readers of the live wire allow. */
  static final int DEEPEST = 256;

  private static final String DEFAULT_TYPE = "event";
  private static final String ID_FIELD = "id";

  private final JsonFactory json =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
          .build();
  private final String tenantField;
  private final String typeField;
  private final Set<String> wanted;

  EventParser(String tenantField, String typeField) {
    this.tenantField = tenantField;
    this.typeField = typeField;
    this.wanted = Set.copyOf(List.of(tenantField, typeField, ID_FIELD));
  }

  /**
   * Reads a line.
   *
   * @param line one JSON object in UTF-8, blanks around it allowed
   * @throws RejectedLineException if it cannot be played
   */
  Event parse(byte[] line) throws RejectedLineException {
    String text = decode(line).strip();
    Map<String, Scalar> fields = scalars(text);
    Scalar tenant = fields.get(tenantField);
    if (tenant == null) {
      throw new RejectedLineException("lacks the tenant field '" + tenantField + "'");
    }
    if (!tenant.token().isNumeric() && tenant.token() != JsonToken.VALUE_STRING) {
      throw new RejectedLineException(
          "the tenant field '" + tenantField + "' is neither text nor a number");
    }
    Message<String> message = Message.of(type(fields.get(typeField)), text);
    return new Event(tenant(tenant.text()), keyed(message, fields.get(ID_FIELD)));
  }

  private static String decode(byte[] line) throws RejectedLineException {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException e) {
      throw new RejectedLineException("is not UTF-8 text");
    }
  }

  /** The wanted fields of the object, after reading all of it. */
  private Map<String, Scalar> scalars(String text) throws RejectedLineException {
    Map<String, Scalar> fields = new HashMap<>();
    try (JsonParser parser = json.createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new RejectedLineException("is not a JSON object");
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        JsonToken token = parser.nextToken();
        if (wanted.contains(name)) {
          String value = token.isScalarValue() ? parser.getString() : "";
          fields.put(name, new Scalar(token, value));
        }
        parser.skipChildren();
      }
      if (parser.nextToken() != null) {
        throw new RejectedLineException("is not one JSON object: more follows it");
      }
    } catch (JacksonException e) {
      throw new RejectedLineException("is not a JSON object: " + e.getOriginalMessage());
    }
    return fields;
  }

  private static Tenant tenant(String name) throws RejectedLineException {
    try {
      return Tenant.of(name);
    } catch (InvalidValueException e) {
      throw new RejectedLineException("names a bad tenant: " + e.getMessage());
    }
  }

  private static String type(@Nullable Scalar field) {
    return usable(field, Message.MAX_TYPE).orElse(DEFAULT_TYPE);
  }

  private static Message<String> keyed(Message<String> message, @Nullable Scalar id) {
    return usable(id, Message.MAX_KEY).map(message::key).orElse(message);
  }

  /** The field's text if it keeps the rule for a message's type and key. */
  private static Optional<String> usable(@Nullable Scalar field, int longest) {
    return Optional.ofNullable(field)
        .filter(scalar -> scalar.token() != JsonToken.VALUE_NULL)
        .map(Scalar::text)
        .filter(text -> !text.isEmpty() && text.length() <= longest)
        .filter(text -> text.codePoints().noneMatch(EventParser::isUnfit));
  }

  /** A control, or half a surrogate pair, which JSON can escape but UTF-8 cannot carry. */
  private static boolean isUnfit(int codePoint) {
    return Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.SURROGATE;
  }

  private record Scalar(JsonToken token, String text) {}
}
