package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureFilesTest {
  @TempDir Path folder;

  @Test
  void findsPicturesAtAnyDepthInOrder() throws IOException {
    Files.createDirectories(folder.resolve("b/c.jpg"));
    for (String name : new String[] {"z.JPG", "b/c.jpg/y.webp", "a.png", "notes.txt", ".x.jpg"}) {
      Files.createFile(folder.resolve(name));
    }
    assertThat(PictureFiles.of(folder).stream().map(p -> folder.relativize(p).toString()))
        .containsExactly("a.png", "b/c.jpg/y.webp", "z.JPG");
  }

  @Test
  void takesAFileAsItIs() {
    Path file = folder.resolve("notes.txt");
    assertThat(PictureFiles.of(file)).containsExactly(file);
  }

  @Test
  void refusesAFolderWithoutPictures() {
    assertThatThrownBy(() -> PictureFiles.of(folder))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining(folder.toString());
  }
}
