package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.Mutations;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchFuzzTest {
  @TempDir Path folder;

  @Test
  void archive() {
    Path path = folder.resolve("fuzz.pth");
    Mutations.fuzz(
        List.of(Fixtures.bytes("shared.pth"), Fixtures.bytes("strided.pth")),
        bytes -> {
          try {
            Files.write(path, bytes);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          Models.read(path);
        });
  }

  @Test
  void stream() {
    Mutations.fuzz(
        List.of(Fixtures.bytes("legacy.pth"), Fixtures.bytes("shared-legacy.pth")),
        bytes -> TorchStream.read(ByteBuffer.wrap(bytes)));
  }

  /** Nearly all of an archive are its directory and its tensors; this is the rest. */
  @Test
  void pickle() throws IOException {
    Mutations.fuzz(
        List.of(pickle("timm.pth"), pickle("checkpoint.pth"), pickle("protocol-4.pth")),
        bytes -> {
          Object root = Unpickler.load(ByteBuffer.wrap(bytes), new TorchObjects());
          StateDict.of(root, storage -> ByteBuffer.allocate(Math.min((int) storage.bytes(), 4096)));
        });
  }

  private static byte[] pickle(String name) throws IOException {
    try (ZipFile zip = new ZipFile(Fixtures.path(name).toFile());
        InputStream in = zip.getInputStream(TorchArchive.pickle(zip).orElseThrow())) {
      return in.readAllBytes();
    }
  }
}
