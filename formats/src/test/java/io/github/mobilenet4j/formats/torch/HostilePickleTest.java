package io.github.mobilenet4j.formats.torch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.Cost;
import io.github.mobilenet4j.ReadLimits;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hostile files of this family, as {@code HostileFilesTest} means it. */
class HostilePickleTest {
  /** A pickle in the making. Value i of the memo is {@code put(i)} and {@code get(i)}. */
  private static final class Pickle {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Pickle code(String opcodes) {
      out.writeBytes(opcodes.getBytes(ISO_8859_1));
      return this;
    }

    Pickle text(String text) {
      code("X").int32(text.length());
      return code(text);
    }

    Pickle int32(int value) {
      out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
      return this;
    }

    Pickle function(String module, String name) {
      return code("c" + module + "\n" + name + "\n");
    }

    Pickle storage() {
      return code("(")
          .text("storage")
          .function("torch", "FloatStorage")
          .text("0")
          .text("cpu")
          .code("K\u0001tQ");
    }

    /** Remembers the value on the stack and takes it away. */
    Pickle put(int index) {
      return code("q" + (char) index + "0");
    }

    Pickle get(int index) {
      return code("h" + (char) index);
    }

    Pickle each(int count, IntConsumer action) {
      IntStream.range(0, count).forEach(action);
      return this;
    }

    String refusal() {
      code(".");
      ByteBuffer bytes = ByteBuffer.wrap(out.toByteArray());
      assertThat(bytes.limit()).isLessThan(5_000_000);
      return Cost.ofRefusing(() ->
          StateDict.of(
              Unpickler.load(bytes, new TorchObjects()),
              storage -> ByteBuffer.allocate(4),
              ReadLimits.standard()));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "400000, 'J\0\0\0\0', R, steps",
    "400000, '', R0, steps",
    "9, 'J\0\0\0\0', R, 9 axes"
  })
  void aShapeIsNotCopiedForEachTensor(int axes, String key, String call, String message) {
    Pickle pickle = new Pickle().code("\u0080\u0002").storage().put(1).code("(");
    pickle.each(axes, i -> pickle.code("K\u0001")).code("t").put(2);
    pickle.function("torch._utils", "_rebuild_tensor_v2").put(3);
    pickle.code("(").get(1).code("K\0").get(2).get(2).code("t").put(4).code("}(");
    pickle.each(140_000, i -> pickle.code(key).get(3).get(4).code(call));
    assertThat(pickle.code("u").refusal()).contains(message);
  }

  @Test
  void aDictionaryIsNotCopiedAgainAndAgain() {
    Pickle pickle =
        new Pickle().code("\u0080\u0002").function("collections", "OrderedDict").put(3).code("(");
    pickle.each(100_000, i -> pickle.code("(").text(Integer.toHexString(i)).code("K\u0001t"));
    pickle.code("l").put(2).code("(").get(2).code("t").put(4).code("}(");
    pickle.each(100_000, i -> pickle.code("J").int32(i).get(3).get(4).code("R"));
    assertThat(pickle.code("u").refusal()).contains("steps and copies");
  }

  @Test
  void entriesThatAreOneDictionaryAreLookedAtOnce() {
    Pickle pickle = new Pickle().code("\u0080\u0002").storage().put(1);
    pickle.function("torch._utils", "_rebuild_tensor_v2").code("(").get(1);
    pickle.code("K\0(K\u0001t(K\u0001ttR").put(5).code("}(");
    pickle.each(230_000, i -> pickle.text("" + i).get(5)).code("u").put(6).code("}(");
    pickle.each(200_000, i -> pickle.code("J").int32(i).get(6));
    assertThat(pickle.code("u").refusal()).contains("holds 230000 tensors, expected at most 16384");
  }

  /** What protocols before 2 make objects with, and what keys there are. */
  @Test
  void objectsAreKeptAndNothingIsRun() {
    Pickle pickle =
        new Pickle()
            .code("}(")
            .text("inst")
            .code("(I5\nI01\nL7L\nF1.5\niposix\nsystem\n")
            .text("obj")
            .code("(")
            .function("posix", "system")
            .text("ls")
            .code("o")
            .text("old")
            .function("copy_reg", "_reconstructor")
            .code("(")
            .function("a.b", "C")
            .function("__builtin__", "object")
            .code("NtR}(")
            .text("x")
            .code("K\u0001ub)K\u0001")
            .code("u.");
    ByteBuffer bytes = ByteBuffer.wrap(pickle.out.toByteArray());
    Map<?, ?> map = (Map<?, ?>) Unpickler.load(bytes, new TorchObjects());
    PickledObject inst = (PickledObject) map.get("inst");
    assertThat(inst.className()).isEqualTo("posix.system");
    assertThat(inst.arguments()).isEqualTo(List.of(5L, true, 7L, 1.5));
    assertThat(((PickledObject) map.get("obj")).arguments()).isEqualTo(List.of("ls"));
    PickledObject old = (PickledObject) map.get("old");
    assertThat(old.className()).isEqualTo("a.b.C");
    assertThat(old.attributes().get("x")).isEqualTo(1L);
    assertThat(map).hasSize(4);
  }

  @Test
  void longKeysAreNotCompared() {
    String key = "k".repeat(1_500_000);
    Pickle pickle = new Pickle().code("\u0080\u0002").text(key).put(1).text(key).put(2).code("}");
    pickle.each(150_000, i -> pickle.get(1).code("K\0s").get(2).code("K\0s"));
    assertThat(pickle.refusal()).contains("a key of 1500000 characters");
  }
}
