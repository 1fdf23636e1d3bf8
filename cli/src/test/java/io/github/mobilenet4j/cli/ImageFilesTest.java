package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.TypeConversionException;

class ImageFilesTest {
  @TempDir Path folder;
  private final List<String> faults = new ArrayList<>();

  private List<Path> of(Path path) {
    return ImageFiles.of(path, (file, fault) -> faults.add(fault.getMessage()));
  }

  @Test
  void findsPicturesAtAnyDepthInOrder() throws IOException {
    Files.createDirectories(folder.resolve("b/c.jpg"));
    for (String name : new String[] {"z.JPG", "b/c.jpg/y.webp", "a.png", "notes.txt", ".x.jpg"}) {
      Files.createFile(folder.resolve(name));
    }
    assertThat(of(folder).stream().map(p -> folder.relativize(p).toString()))
        .containsExactly("a.png", "b/c.jpg/y.webp", "z.JPG");
  }

  @Test
  void takesAFileAsItIs() {
    Path file = folder.resolve("notes.txt");
    assertThat(of(file)).containsExactly(file);
  }

  @Test
  void refusesAFolderWithoutPictures() {
    assertThatThrownBy(() -> of(folder))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining(folder.toString());
  }

  /** A path of more than 4096 bytes stands for a folder that may not be read, also for root. */
  @Test
  void reportsAFolderThatCannotBeReadAndGoesOn() throws IOException, InterruptedException {
    Path image = Files.createFile(folder.resolve("z.png"));
    assertThat(
            shell(
                "cd \"$0\" && n=$(printf %250s | tr ' ' d)"
                    + " && for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17;"
                    + " do mkdir $n && cd -P $n || exit 1; done"))
        .isZero();
    try {
      assertThat(of(folder)).containsExactly(image);
      assertThat(faults)
          .singleElement()
          .asString()
          .startsWith("cannot read " + folder)
          .endsWith(": File name too long");
      // None is left, and why was said.
      Files.delete(image);
      assertThat(of(folder)).isEmpty();
    } finally {
      assertThat(shell("rm -rf \"$0\"/d*")).isZero();
    }
  }

  private int shell(String script) throws IOException, InterruptedException {
    return new ProcessBuilder("sh", "-c", script, folder.toString()).start().waitFor();
  }

  @Test
  void saysWhatToDoAboutANameThatIsNoUtf8() {
    assertThatThrownBy(() -> of(Path.of("a\ufffd.png")))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("no UTF-8")
        .hasMessageContaining("file:///");
  }

  @Test
  void anAddressNamesAFile() {
    ImageFiles.PathConverter converter = new ImageFiles.PathConverter();
    assertThat(converter.convert("file:///a/%c3%a9.png")).isEqualTo(Path.of("/a/é.png"));
    assertThat(converter.convert("a%20b.png")).isEqualTo(Path.of("a%20b.png"));
    assertThat(ImageFiles.hasText(Path.of("é"))).isTrue();
    assertThat(ImageFiles.hasText(converter.convert("file:///%ff"))).isFalse();
    assertThatThrownBy(() -> converter.convert("file:a b"))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageStartingWith("'file:a b' names no file: ");
  }
}
