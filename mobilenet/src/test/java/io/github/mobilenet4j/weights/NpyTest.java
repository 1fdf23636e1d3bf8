package io.github.mobilenet4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files are those of src/test/python/npy.py. */
class NpyTest {
  @TempDir private Path folder;

  private static byte[] bytes(String name) throws IOException {
    try (InputStream in = NpyTest.class.getResourceAsStream("/npy/" + name)) {
      return in.readAllBytes();
    }
  }

  private static Tensor read(String name) throws IOException {
    return Npy.read(name, bytes(name));
  }

  @Test
  void readsWhatNumPyWrites() throws IOException {
    Tensor floats = read("f4.npy");
    assertThat(floats.type()).isEqualTo(DataType.F32);
    assertThat(floats.shape()).containsExactly(1, 2, 3);
    assertThat(floats.floats()).containsExactly(0, 0.25f, 0.5f, 0.75f, 1, 1.25f);
    Tensor bytes = read("u1.npy");
    assertThat(bytes.type()).isEqualTo(DataType.U8);
    assertThat(bytes.shape()).containsExactly(6);
    assertThat(bytes.floats()).containsExactly(250, 251, 252, 253, 254, 255);
    assertThat(read("scalar.npy").shape()).isEmpty();
    assertThat(read("scalar.npy").floats()).containsExactly(0.5f);
    assertThat(read("version2.npy").floats()).containsExactly(-1, 2);
  }

  @Test
  void writesWhatNumPyWrites() throws IOException {
    for (String name : List.of("f4.npy", "u1.npy", "scalar.npy")) {
      Path file = folder.resolve(name);
      Npy.write(file, read(name));
      assertThat(Files.readAllBytes(file)).as(name).isEqualTo(bytes(name));
      assertThat(Npy.isNpy(file)).isTrue();
      assertThat(Npy.read(file).shape()).isEqualTo(read(name).shape());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fortran.npy | is in Fortran order, expected C order: numpy.ascontiguousarray(x)",
        "big.npy     | has the type '>f4', expected one of [<f2, <f4, <f8,",
        "object.npy  | has the type '|O', expected one of",
      })
  void refusesOtherArrays(String name, String message) {
    assertThatThrownBy(() -> read(name.strip()))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining(message.strip());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      value = {
        "'shape': (1, 2, 3); 'shape': (1, 2, 4); F32 [1, 2, 4] has 24 bytes of values, expected 32",
        "'shape': (1, 2, 3); 'shape': (9, 9, 9999999999); has the shape (9, 9, 9999999999)",
        "'shape': (1, 2, 3); 'shape': (99999, 99999); has 24 bytes of values, expected fewer than",
        "'shape': (1, 2, 3); 'shape': (1, , 3); has the shape (1, , 3)",
        "'shape': (1, 2, 3); 'shape': (1, 2L, 3); expected descr, fortran_order and shape",
        "'fortran_order'; 'descr'; expected descr, fortran_order and shape",
        "False; 'x'; expected descr, fortran_order and shape",
        "(1, 2, 3), }; (1, 2, 3), } + evil(); expected descr, fortran_order and shape",
      })
  void namesWhatIsWrong(String text, String replacement, String message) throws IOException {
    String good = new String(bytes("f4.npy"), StandardCharsets.ISO_8859_1);
    int end = good.indexOf('\n');
    String header = good.substring(10, end).strip().replace(text, replacement);
    String bad =
        good.substring(0, 10)
            + header
            + " ".repeat(end - 10 - header.length())
            + good.substring(end);
    assertThatThrownBy(() -> Npy.read("bad.npy", bad.getBytes(StandardCharsets.ISO_8859_1)))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith("bad.npy: ")
        .hasMessageContaining(message);
  }

  @Test
  void refusesWhatIsCutShort() throws IOException {
    byte[] good = bytes("f4.npy");
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> Npy.read("cut.npy", cut)).isInstanceOf(MobileNetException.class);
    }
  }
}
