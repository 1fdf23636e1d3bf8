package io.github.mobilenet4j.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.mobilenet4j.MobileNetException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AtomicFileTest {
  private static final Path FULL = Path.of("/dev/full");

  @TempDir private Path folder;

  private static String name() {
    return ".mobilenet4j." + UUID.randomUUID() + ".part";
  }

  private void hasOnly(String... names) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder(names);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "rw-rw-r--", "r--r-----", "rwxr-x--x"})
  void whatIsReplacedKeepsItsPermissions(String permissions) throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    AtomicFile.writeText(file, "new");
    assertThat(file).hasContent("new");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo(permissions);
    hasOnly("file");
  }

  @Test
  void aNewFileHasThePermissionsOfAnyNewFile() throws IOException {
    Path any = Files.writeString(folder.resolve("any"), "");
    Path file = folder.resolve("file");
    AtomicFile.writeText(file, "new");
    assertThat(Files.getPosixFilePermissions(file)).isEqualTo(Files.getPosixFilePermissions(any));
  }

  /** A chain of links, absolute and relative, to what is there and to what is not yet. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void linksAreFollowed(boolean exists) throws IOException {
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Path file = inner.resolve("file");
    if (exists) {
      Files.writeString(file, "old");
    }
    Path second = Files.createSymbolicLink(inner.resolve("second"), Path.of("../inner/file"));
    Path first = Files.createSymbolicLink(folder.resolve("first"), second);
    AtomicFile.writeText(first, "new");
    assertThat(first).isSymbolicLink().hasContent("new");
    assertThat(second).isSymbolicLink();
    assertThat(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).isTrue();
    hasOnly("inner", "first");
  }

  @Test
  void aCircleOfLinksIsRefused() throws IOException {
    Path link = folder.resolve("link");
    Files.createSymbolicLink(link, folder.resolve("other"));
    Files.createSymbolicLink(folder.resolve("other"), link);
    assertThatThrownBy(() -> AtomicFile.writeText(link, "new"))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("cannot write " + link + ": links that lead in a circle");
    hasOnly("link", "other");
  }

  /** By a link, so that a fault here cannot remove the machine's own. */
  @Test
  void aDeviceIsWrittenToAndSaysWhatIsWrong() throws IOException {
    assumeTrue(Files.exists(FULL), "there is no /dev/full");
    Path link = Files.createSymbolicLink(folder.resolve("link"), FULL);
    assertThatThrownBy(() -> AtomicFile.writeText(link, "new"))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith("cannot write " + link + ": ");
    assertThat(link).isSymbolicLink();
    hasOnly("link");
    Path nothing = Files.createSymbolicLink(folder.resolve("nothing"), Path.of("/dev/null"));
    AtomicFile.writeText(nothing, "new");
    assertThat(nothing).isSymbolicLink();
    Files.delete(link);
    Files.delete(nothing);
  }

  @Test
  void aPipeIsWrittenTo() throws IOException, InterruptedException {
    Path pipe = folder.resolve("pipe");
    try {
      assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "no mkfifo");
    } catch (IOException e) {
      assumeTrue(false, "no mkfifo: " + e.getMessage());
    }
    CompletableFuture<String> read =
        CompletableFuture.supplyAsync(() -> {
          try {
            return Files.readString(pipe);
          } catch (IOException e) {
            return e.toString();
          }
        });
    AtomicFile.writeText(pipe, "new");
    assertThat(read).succeedsWithin(Duration.ofSeconds(20)).isEqualTo("new");
    assertThat(Files.isRegularFile(pipe)).isFalse();
  }

  @Test
  void aFolderIsRefused() throws IOException {
    assertThatThrownBy(() -> AtomicFile.writeText(folder, "new"))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith("cannot write " + folder + ": ");
    hasOnly();
  }

  /** 255 bytes are what file systems allow. */
  @ParameterizedTest
  @ValueSource(strings = {"a", "é", "€"})
  void theLongestNameCanBeWritten(String letter) throws IOException {
    String name = letter.repeat(255 / letter.getBytes().length);
    AtomicFile.writeText(folder.resolve(name), "new");
    assertThat(folder.resolve(name)).hasContent("new");
    hasOnly(name);
  }

  @Test
  void whatAKilledProcessLeftIsRemovedAndNothingElse() throws IOException {
    FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofHours(2)));
    String ours = name();
    String[] theirs = {".movie.mkv.part", ours + "s", "x" + ours, ".mobilenet4j.0.part"};
    for (String name : theirs) {
      Files.setLastModifiedTime(Files.writeString(folder.resolve(name), ""), longAgo);
    }
    Files.setLastModifiedTime(Files.writeString(folder.resolve(ours), ""), longAgo);
    String underWay = name();
    Files.writeString(folder.resolve(underWay), "");
    AtomicFile.writeText(folder.resolve("file"), "new");
    hasOnly(Stream.concat(Stream.of("file", underWay), Stream.of(theirs)).toArray(String[]::new));
  }

  @Test
  void whatFailsLeavesWhatWasThere() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    assertThatThrownBy(() ->
            AtomicFile.write(
                file,
                out -> {
                  throw new IOException("no more");
                }))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("cannot write " + file + ": no more");
    assertThat(file).hasContent("old");
    hasOnly("file");
  }

  /** A process that is asked to end in the middle of a file writes it to its end. */
  @Test
  void whoIsAskedToEndFinishesTheFile() throws IOException, InterruptedException {
    Path file = folder.resolve("file");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Slow.class.getName(),
                file.toString())
            .redirectErrorStream(true)
            .start();
    try (BufferedReader out = process.inputReader()) {
      assertThat(out.readLine()).isEqualTo("writing");
      process.destroy();
      assertThat(process.waitFor()).isEqualTo(128 + 15);
    }
    assertThat(file).hasSize(Slow.BYTES);
    hasOnly("file");
  }

  /** Writes a file in two seconds. */
  static final class Slow {
    private static final int BYTES = 20;

    public static void main(String[] args) {
      AtomicFile.write(
          Path.of(args[0]),
          out -> {
            System.out.println("writing");
            for (int i = 0; i < BYTES; i++) {
              LockSupport.parkNanos(100_000_000);
              out.write(ByteBuffer.allocate(1));
            }
          });
    }
  }
}
