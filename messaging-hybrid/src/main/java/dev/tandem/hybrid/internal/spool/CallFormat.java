package dev.tandem.hybrid.internal.spool;

import dev.tandem.hybrid.internal.wire.Destination;
import dev.tandem.hybrid.internal.wire.EntryValues;
import dev.tandem.hybrid.internal.wire.PublishCall;
import dev.tandem.tenant.Tenant;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** A call as the bytes of a record; what begins them tells enough to put it in its place. */
final class CallFormat {
  private static final int VERSION = 1;

  private CallFormat() {}

  /**
   * What the index needs of a record.
   *
   * @param createdMillis when it was written, by this machine's clock
   */
  record Head(long createdMillis, Tenant tenant, int messages) {}

  static byte[] write(PublishCall call, long createdMillis) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(Math.toIntExact(call.bytes() + 256));
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      Destination destination = call.destination();
      out.writeByte(VERSION);
      out.writeLong(createdMillis);
      out.writeUTF(destination.tenant().name());
      out.writeInt(call.count());
      out.writeUTF(call.publisher());
      out.writeLong(call.number());
      out.writeUTF(destination.topic() == null ? "" : destination.topic());
      out.writeLong(destination.mostEntries());
      out.writeInt(call.ids().size());
      for (String id : call.ids()) {
        out.writeUTF(id);
      }
      out.writeByte(call.values().width());
      writeBytes(out, call.values().labels());
      out.writeInt(call.values().data().size());
      for (byte[] data : call.values().data()) {
        writeBytes(out, data);
      }
      out.writeUTF(call.nonce());
      out.writeInt(destination.channels().size());
      for (int i = 0; i < destination.channels().size(); i++) {
        Destination.Live channel = destination.channels().get(i);
        out.writeUTF(channel.name());
        out.writeLong(channel.retentionMillis());
        out.writeInt(channel.maxMessages());
        writeBytes(out, call.bodies().get(i));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot be written to", e);
    }
    return bytes.toByteArray();
  }

  private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  /**
   * Reads the beginning.
   *
   * @throws IOException if it is not in this format
   */
  static Head readHead(byte[] record) throws IOException {
    return readHead(new DataInputStream(new ByteArrayInputStream(record)));
  }

  private static Head readHead(DataInputStream in) throws IOException {
    int version = in.readByte();
    if (version != VERSION) {
      throw new IOException("a record in version " + version + " of the format");
    }
    long createdMillis = in.readLong();
    return new Head(createdMillis, Tenant.of(in.readUTF()), in.readInt());
  }

  /**
   * Reads all of it.
   *
   * @throws IOException if it is not in this format
   */
  static PublishCall read(byte[] record) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(record));
    Head head = readHead(in);
    String publisher = in.readUTF();
    long number = in.readLong();
    String topic = in.readUTF();
    long mostEntries = in.readLong();
    List<String> ids = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      ids.add(in.readUTF());
    }
    int width = in.readByte();
    byte[] labels = readBytes(in);
    List<byte[]> data = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      data.add(readBytes(in));
    }
    String nonce = in.readUTF();
    List<Destination.Live> channels = new ArrayList<>();
    List<byte[]> bodies = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      channels.add(new Destination.Live(in.readUTF(), in.readLong(), in.readInt()));
      bodies.add(readBytes(in));
    }
    return new PublishCall(
        publisher,
        number,
        new Destination(head.tenant(), topic.isEmpty() ? null : topic, mostEntries, channels),
        head.messages(),
        ids,
        new EntryValues(width, labels, data),
        nonce,
        bodies);
  }

  private static byte[] readBytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > in.available()) {
      throw new IOException("a record that ends too early");
    }
    return in.readNBytes(length);
  }
}
