package dev.tandem.api.serde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.ObjectMapper;

/** The module on a class path without its optional library. */
class ZstdMissingTest {
  private final URLClassLoader without =
      new URLClassLoader(
          Stream.of(
                  Serde.class,
                  ObjectMapper.class,
                  JsonParser.class,
                  JsonTypeInfo.class,
                  NullMarked.class)
              .map(type -> type.getProtectionDomain().getCodeSource().getLocation())
              .toArray(URL[]::new),
          ClassLoader.getPlatformClassLoader());

  @AfterEach
  void close() throws IOException {
    without.close();
  }

  @Test
  void buildingASerdeSaysWhatIsMissing() throws Exception {
    Object bytes = call(null, "bytes");

    assertThatThrownBy(() -> call(bytes, "zstd"))
        .cause()
        .hasToString(
            "dev.tandem.api.error.InvalidValueException: compression algorithm was ZSTD: needs"
                + " com.github.luben:zstd-jni and its native library on the class path")
        .hasCauseInstanceOf(LinkageError.class);
  }

  @Test
  void gzipWorksAndSaysWhatItCannotRead() throws Exception {
    Object gzip = call(call(null, "bytes"), "gzip");
    Class<?> contextType = without.loadClass("dev.tandem.api.serde.SerdeContext");
    Object context = contextType.getConstructors()[0].newInstance("acme", "orders");
    Method deserialize =
        without
            .loadClass("dev.tandem.api.serde.Serde")
            .getMethod("deserialize", byte[].class, contextType);

    assertThat(deserialize.invoke(gzip, new byte[] {0, 7}, context)).isEqualTo(new byte[] {7});
    assertThatThrownBy(() -> deserialize.invoke(gzip, new byte[] {2, 7}, context))
        .cause()
        .hasToString(
            "dev.tandem.api.error.SerdeException: payload is compressed by zstd, and"
                + " com.github.luben:zstd-jni is not on the class path");
  }

  @SuppressWarnings("NullAway") // A static method has no receiver.
  private Object call(@Nullable Object receiver, String name) throws ReflectiveOperationException {
    return without.loadClass("dev.tandem.api.serde.Serde").getMethod(name).invoke(receiver);
  }
}
