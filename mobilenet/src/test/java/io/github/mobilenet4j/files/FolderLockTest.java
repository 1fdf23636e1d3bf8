package io.github.mobilenet4j.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderLockTest {
  @TempDir private Path folder;

  /** Another process. */
  static final class Elsewhere {
    private Elsewhere() {}

    public static void main(String[] folder) {
      System.out.print(FolderLock.tryLock(Path.of(folder[0])).isPresent());
    }
  }

  private boolean lockedElsewhere() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Elsewhere.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(answer).isIn("true", "false");
    return answer.equals("true");
  }

  @Test
  void oneAtATimeInThisProcessAndOthers() throws IOException {
    try (FolderLock _ = FolderLock.tryLock(folder).orElseThrow()) {
      // The attempt of another thread must not free the folder for other processes.
      for (int attempt = 0; attempt < 2; attempt++) {
        assertThat(FolderLock.tryLock(folder)).isEmpty();
        assertThat(lockedElsewhere()).isFalse();
      }
    }
    assertThat(lockedElsewhere()).isTrue();
    FolderLock.tryLock(folder).orElseThrow().close();
  }

  @Test
  void aFolderThatIsNotThere() {
    Path none = folder.resolve("none");
    assertThatThrownBy(() -> FolderLock.tryLock(none))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("cannot write " + none.resolve(".lock-threads") + ": no such file or folder");
  }
}
