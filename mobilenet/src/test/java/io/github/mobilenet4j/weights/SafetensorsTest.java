package io.github.mobilenet4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path folder;

  /** Bytes and values as numpy 1.24 writes and reads them (bfloat16: torch 1.13). */
  @ParameterizedTest
  @CsvSource({
    "BOOL, 00 01,                               0,  1",
    "U8,   00 ff,                               0,  255",
    "I8,   80 7f,                               -128, 127",
    "U16,  ff ff 01 00,                         65535, 1",
    "I16,  00 80 ff 7f,                         -32768, 32767",
    "F16,  01 00 00 bc,                         5.9604645E-8, -1",
    "BF16, 80 3f 49 c0,                         1, -3.140625",
    "U32,  ff ff ff ff 01 00 00 00,             4294967296, 1",
    "I32,  00 00 00 80 ff ff ff ff,             -2147483648, -1",
    "F32,  db 0f 49 40 00 00 80 ff,             3.1415927, -Infinity",
    "U64,  ff ff ff ff ff ff ff ff 01 00 00 00 00 00 00 00, 18446744073709551616, 1",
    "I64,  ff ff ff ff ff ff ff ff 00 00 00 00 00 00 00 80, -1, -9223372036854775808",
    "F64,  18 2d 44 54 fb 21 09 40 00 00 00 00 00 00 f0 7f, 3.1415927, Infinity",
  })
  void readsEveryTypeAsFloats(DataType type, String hex, float first, float second) {
    byte[] data = HexFormat.ofDelimiter(" ").parseHex(hex);
    String header =
        "{\"t\":{\"dtype\":\"%s\",\"shape\":[2],\"data_offsets\":[0,%s]}}"
            .formatted(type, data.length);

    Tensor tensor = Safetensors.read("file", file(header, data)).tensors().get("t");

    assertThat(tensor.type()).isEqualTo(type);
    assertThat(tensor.floats()).containsExactly(first, second);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | 1 | the tensors take 0 bytes, the file holds 1",
        "[] | 0 | the header does not begin with {",
        "{\"t\":3} | 0 | t is 3, expected an object",
        "{\"t\":{}} | 0 | t has the fields []",
        "{\"__metadata__\":[]} | 0 | __metadata__ is [], expected an object",
        "{\"__metadata__\":{\"a\":1}} | 0 | a holds 1, expected a string",
        "{\"t\":{\"dtype\":\"F31\",\"shape\":[],\"data_offsets\":[0,4]}} | 4 | dtype F31",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | 4 | expected 8 bytes",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}} | 4 | size or offset"
            + " [-1]",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}} | 4 | size or offset",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | 8 | begins at 4",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}} | 4 | expected 4 bytes",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | 3 | take 4 bytes",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}} | 4 | expected two",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":\"1\",\"data_offsets\":[0,4]}} | 4 | size or offset 1",
        // 2^16 · 2^16 · 2^16 · 2^16 bytes overflow to 0 in 64 bits.
        "{\"t\":{\"dtype\":\"U8\",\"shape\":[65536,65536,65536,65536],\"data_offsets\":[0,0]}} | 0"
            + " | fewer than 2^31",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}} | 3 | b begins at 1",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]}} | 3 | expected 1",
      })
  void refusesWhatBreaksARule(String header, int bytes, String message) {
    assertThatThrownBy(() -> Safetensors.read("file", file(header, new byte[bytes])))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith("file: ")
        .hasMessageContaining(message);
  }

  @Test
  void refusesALyingHeaderLength() {
    for (long length : new long[] {-1, 0, 1, 9, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE}) {
      byte[] file = new byte[16];
      ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
      assertThatThrownBy(() -> Safetensors.read("file", file))
          .isInstanceOf(MobileNetException.class)
          .hasMessageContaining("announces a header of");
    }
    assertThatThrownBy(() -> Safetensors.read("file", new byte[7]))
        .hasMessage("file: has 7 bytes, expected at least 8");
  }

  @Test
  void refusesAShapeOfAMillionDimensionsAtOnce() {
    String shape = "[" + "1,".repeat(500_000) + "2]";
    String header = "{\"t\":{\"dtype\":\"U8\",\"shape\":" + shape + ",\"data_offsets\":[0,1]}}";
    assertThatThrownBy(() -> Safetensors.read("file", file(header, new byte[1])))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("expected at most 8 axes")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1000));
  }

  @Test
  void refusesToWriteWhatATypeCannotHold() {
    assertThatThrownBy(() -> Tensor.of(DataType.F16, List.of(1), 65520))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("value 65520.0 is beyond the range of F16");
    assertThatThrownBy(() -> Tensor.of(DataType.I32, List.of(1), 1))
        .isInstanceOf(MobileNetException.class);
    assertThatThrownBy(() -> Tensor.of(DataType.F32, List.of(2), 1))
        .isInstanceOf(MobileNetException.class);
  }

  @Test
  void refusesAHeaderThatIsNotUtf8() {
    byte[] file = file("{\"?\":0}", new byte[0]);
    file[10] = (byte) 0xFF;
    assertThatThrownBy(() -> Safetensors.read("file", file)).hasMessageContaining("not UTF-8");
  }

  @Test
  void namesAFileThatIsNotThere() {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> Safetensors.read(missing))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("cannot read %s: no such file or folder", missing);
    assertThatThrownBy(() -> Safetensors.read(folder)).isInstanceOf(MobileNetException.class);
  }

  @Test
  void writesWhatItReads() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("half", Tensor.of(DataType.F16, List.of(3), 1, -2, 0.1f));
    tensors.put("single", Tensor.of(DataType.F32, List.of(2, 1), Float.NaN, -0f));
    tensors.put("empty", Tensor.of(DataType.F32, List.of(0, 5)));
    tensors.put("scalar", Tensor.of(DataType.F64, List.of(), 7));
    Map<String, String> metadata = Map.of("b", "2", "a", "\"1\"\nü");
    Path path = folder.resolve("file.safetensors");

    Safetensors.write(path, metadata, tensors);
    Safetensors read = Safetensors.read(path);

    assertThat(read.metadata()).isEqualTo(metadata);
    assertThat(read.tensors()).containsOnlyKeys(tensors.keySet());
    tensors.forEach((name, t) -> assertThat(read.tensors().get(name)).as(name).isEqualTo(t));
    assertThat(read.tensors().get("half").floats()).containsExactly(1, -2, 0.099975586f);
    byte[] bytes = Files.readAllBytes(path);
    assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8).isZero();

    Map<String, Tensor> otherOrder = new LinkedHashMap<>();
    List.of("scalar", "empty", "single", "half")
        .forEach(name -> otherOrder.put(name, tensors.get(name)));
    Safetensors.write(path, metadata, otherOrder);
    assertThat(path).hasBinaryContent(bytes);
    assertThat(folder).isDirectoryContaining(p -> p.equals(path));
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
  }

  @Test
  void keepsTheOldFileWhereTheNewCannotBeWritten() throws IOException {
    Path path = Files.createDirectory(folder.resolve("model"));
    Files.writeString(path.resolve("occupied"), "");
    assertThatThrownBy(() -> Safetensors.write(path, Map.of(), Map.of()))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("cannot write " + path);
    assertThat(path.resolve("occupied")).exists();
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
  }

  @Test
  @Timeout(60)
  void readsTheOldOrTheNewWhileItIsReplaced() throws Exception {
    Path file = folder.resolve("replaced.safetensors");
    AtomicBoolean read = new AtomicBoolean();
    byte[][] contents = new byte[2][];
    for (int i = 0; i < 2; i++) {
      Safetensors.write(file, Map.of(), tensors(1 + i));
      contents[i] = Files.readAllBytes(file);
    }
    try (ExecutorService writer = Executors.newSingleThreadExecutor();
        AutoCloseable _ = () -> read.set(true)) {
      Future<?> replaced =
          writer.submit(() -> {
            for (int i = 0; !read.get(); i = 1 - i) {
              Path next = Files.write(folder.resolve("next"), contents[i]);
              Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            }
            return null;
          });
      for (int i = 0; i < 5000; i++) {
        assertThat(Safetensors.read(file).tensors()).hasSize(1);
      }
      read.set(true);
      replaced.get();
    }
  }

  private static Map<String, Tensor> tensors(int values) {
    return Map.of("a", Tensor.of(DataType.F32, List.of(values), new float[values]));
  }

  @Test
  void roundsToBfloat16() {
    // torch.tensor([...]).bfloat16().float(), torch 1.13
    assertThat(
            Tensor.of(
                    DataType.BF16,
                    List.of(5),
                    3.1415927f,
                    1.00390625f,
                    1.01171875f,
                    3e38f,
                    Float.NaN)
                .floats())
        .containsExactly(3.140625f, 1f, 1.015625f, 3.0040553E38f, Float.NaN);
  }

  private static byte[] file(String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }
}
