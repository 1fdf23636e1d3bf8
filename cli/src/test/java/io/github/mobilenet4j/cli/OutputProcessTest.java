package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Real processes whose output goes where it does not arrive, and names that no text can hold. */
class OutputProcessTest {
  @TempDir private Path folder;
  private Path photo;

  @BeforeEach
  void photo() throws IOException {
    photo = folder.resolve("photo.png");
    ImageIO.write(new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB), "png", photo.toFile());
  }

  /** Runs the command by a shell's line, in which {@code "$@"} stands for it. */
  private Run shell(String line, String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("sh", "-c", line, "sh"));
    command.addAll(Run.process(args));
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    return new Run(process.waitFor(), Files.readString(out), Files.readString(err));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--help", "info --json", "classify photo.png", "classify --json photo.png ."})
  void whatCannotBeWrittenIsAFailure(String args) throws IOException, InterruptedException {
    assumeTrue(Files.exists(Path.of("/dev/full")), "there is no /dev/full");
    Run run = shell("\"$@\" >/dev/full", args.split(" "));
    assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo("mobilenet4j: cannot write the output: No space left on device\n");
  }

  /** The second line comes when nobody reads any more. */
  @Test
  void aReaderThatHasEnoughIsNoFailure() throws IOException, InterruptedException {
    String[] args = new String[2002];
    Arrays.fill(args, "photo.png");
    args[0] = "classify";
    args[1] = "--json";
    Run run = shell("{ \"$@\"; echo $? >code; } | head -n 1", args);
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).startsWith("{\"path\":\"photo.png\"").hasLineCount(1);
    assertThat(folder.resolve("code")).hasContent("0");
  }

  /** A byte of 255 is in no text of UTF-8; what JSON says leads back to the file all the same. */
  @Test
  void aNameThatIsNoUtf8() throws IOException, InterruptedException {
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Run made = shell("cp photo.png inner/\"$(printf 'a\\377.png')\"", "info");
    assumeTrue(made.exitCode() == 0, "no such names here: " + made.err());
    Run run = shell("LC_ALL=C.UTF-8 \"$@\"", "classify", "--json", inner.toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode line = run.json().getFirst();
    assertThat(line.get("path").asString()).isEqualTo(inner + "/a\ufffd.png");
    String uri = line.get("uri").asString();
    assertThat(uri).endsWith("/inner/a%FF.png");
    assertThat(Files.exists(Path.of(URI.create(uri)))).isTrue();

    Run again = shell("LC_ALL=C.UTF-8 \"$@\"", "classify", "--json", uri);
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(again.json().getFirst().get("uri").asString()).isEqualTo(uri);

    Run byName =
        shell("LC_ALL=C.UTF-8 \"$@\" inner/\"$(printf 'a\\377.png')\"", "classify", "--json");
    assertThat(byName.exitCode()).isEqualTo(1);
    assertThat(byName.err()).contains("no UTF-8").hasLineCount(1);
  }
}
