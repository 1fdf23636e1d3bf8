package io.github.mobilenet4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.Locales;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The bytes, read as TensorFlow's record_writer.h and event.proto define them. */
class EventFileTest {
  private static final HexFormat HEX = HexFormat.of();

  @TempDir private Path folder;

  private byte[] written() throws IOException {
    try (EventFile events = new EventFile(folder, 1.5e9, 300)) {
      events.scalar(1.5e9, 300, "loss", 0.5);
    }
    return Files.readAllBytes(folder.resolve("events.out.tfevents.1500000000.mobilenet4j"));
  }

  @Test
  void beginsAsEveryEventFile() throws IOException {
    // 24 bytes of version event; the masked checksum of that length is in every event file.
    assertThat(HEX.formatHex(written(), 0, 12)).isEqualTo("1800000000000000a37f4b22");
  }

  @ParameterizedTest
  @MethodSource("io.github.mobilenet4j.Locales#odd")
  void hasTheSameNameInEveryLocale(Locale locale) throws Exception {
    assertThat(Locales.in(locale, this::written)).isNotEmpty();
  }

  @Test
  void recordsHoldTheirChecksums() throws IOException {
    assertThat(records(written())).hasSize(3);
  }

  @Test
  void eventsAreProtobuf() throws IOException {
    List<String> events = records(written());
    String time = "09" + "000000c00b5ad641"; // field 1, 64 bits: 1.5e9
    String step = "10" + "ac02"; // field 2, varint: 300
    assertThat(events.get(0))
        .isEqualTo(time + "1a0d" + HEX.formatHex("brain.Event:2".getBytes("UTF-8")));
    assertThat(events.get(1)).isEqualTo(time + step + "3a02" + "0801");
    String value = "0a04" + HEX.formatHex("loss".getBytes("UTF-8")) + "15" + "0000003f";
    assertThat(events.get(2)).isEqualTo(time + step + "2a0d" + "0a0b" + value);
  }

  private static List<String> records(byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    List<String> records = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] length = new byte[8];
      in.get(length);
      assertThat(in.getInt()).isEqualTo(masked(length));
      byte[] data =
          new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      in.get(data);
      assertThat(in.getInt()).isEqualTo(masked(data));
      records.add(HEX.formatHex(data));
    }
    return records;
  }

  /** CRC-32C bit by bit (RFC 3720, B.4), masked as in tensorflow/core/lib/hash/crc32c.h. */
  private static int masked(byte[] bytes) {
    int crc = -1;
    for (byte b : bytes) {
      crc ^= b & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = crc >>> 1 ^ (crc & 1) * 0x82f63b78;
      }
    }
    crc = ~crc;
    return (crc >>> 15 | crc << 17) + 0xa282ead8;
  }
}
