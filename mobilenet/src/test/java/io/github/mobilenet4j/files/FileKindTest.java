package io.github.mobilenet4j.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.ModelFile;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileKindTest {
  private static byte[] bytes(String latin) {
    return latin.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void knowsFilesByTheirFirstBytes() {
    assertThat(FileKind.of(new byte[0])).hasValue(FileKind.EMPTY);
    assertThat(FileKind.of(new byte[512])).hasValue(FileKind.ZEROS);
    assertThat(FileKind.of(bytes("\u001f\u008b\b"))).hasValue(FileKind.GZIP);
    assertThat(FileKind.of(bytes("\u0008\u0001\u0012\u00fa"))).hasValue(FileKind.SAVED_MODEL);
    assertThat(FileKind.of(bytes("\u0080\u0002\u008a\n"))).hasValue(FileKind.PICKLE);
    byte[] tar = new byte[512];
    System.arraycopy(bytes("ustar"), 0, tar, 257, 5);
    tar[0] = 'a';
    assertThat(FileKind.of(tar)).hasValue(FileKind.TAR);
    assertThat(FileKind.of(bytes("\u0008\u0008\u0012\u0007pytorch"))).hasValue(FileKind.ONNX);
    assertThat(FileKind.of(bytes("{\"format\": \"layers-model\", "))).hasValue(FileKind.TFJS);
    for (String other : new String[] {"something else", "ver", "\u0008\u0001:", "{"}) {
      assertThat(FileKind.of(bytes(other))).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'version https://git-lfs.github.com/spec/v1', is a Git LFS pointer",
    "'\n <!DOCTYPE HTML><html>', is a web page",
    "'<html>', is a web page",
    "PK\u0003\u0004...., is a zip archive",
    "....TFL3...., is a TensorFlow Lite model: Models.read (mobilenet4j-formats) reads it",
    "\u0089HDF1234, is an HDF5 file",
    "GGUF\u0003..., is GGUF",
    "{\"model_type\": 1}, is JSON",
  })
  void aModelFileThatIsNoneIsCalledWhatItIs(String content, String says) {
    byte[] longer = Arrays.copyOf(bytes(content), Math.max(content.length(), 9));
    assertThatThrownBy(() -> ModelFile.read("model.dat", longer))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith("model.dat: " + says);
  }
}
