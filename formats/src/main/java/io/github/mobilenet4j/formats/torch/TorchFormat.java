package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.formats.reading.ZipArchive;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipFile;

/**
 * What PyTorch's {@code torch.save} writes: since version 1.6 a {@link TorchArchive}, before that a
 * {@link TorchStream}. Either holds state dictionaries, alone or in a training checkpoint, or the
 * modules of a network. Since TorchScript's archives have the same parts, they are read too.
 */
public final class TorchFormat implements ModelFormat {
  private static final List<String> NAMES =
      List.of(".pth", ".pt", ".bin", ".pth.tar", ".ckpt", ".ptl");

  @Override
  public String title() {
    return "PyTorch";
  }

  /** Other formats are zip archives too; the name helps where the archive is broken. */
  @Override
  public boolean recognises(byte[] first, Path path) {
    if (!ZipArchive.recognises(first)) {
      return TorchStream.isStream(first);
    }
    try (ZipFile zip = new ZipFile(path.toFile())) {
      return TorchArchive.pickle(zip).isPresent();
    } catch (IOException | IllegalArgumentException _) {
      return NAMES.stream().anyMatch(path.toString()::endsWith);
    }
  }

  @Override
  public Contents read(Path path, ReadLimits limits) {
    try {
      return TorchStream.isStream(ModelFormat.firstBytes(path))
          ? TorchStream.read(ByteBuffer.wrap(Reading.bytes(path)), limits)
          : TorchArchive.read(path, limits);
    } catch (MobileNetException e) {
      throw e.in(path.toString());
    }
  }
}
