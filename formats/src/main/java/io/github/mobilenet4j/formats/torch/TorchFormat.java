package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.formats.reading.Source;
import io.github.mobilenet4j.formats.reading.ZipArchive;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

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
  public boolean recognises(Source source) {
    if (!ZipArchive.recognises(source.first())) {
      return TorchStream.isStream(source.first());
    }
    try (ZipArchive zip = ZipArchive.open(source)) {
      return TorchArchive.pickle(zip).isPresent();
    } catch (IOException _) {
      return NAMES.stream().anyMatch(source.name()::endsWith);
    }
  }

  @Override
  public Contents read(Source source, ReadLimits limits) {
    try {
      return TorchStream.isStream(source.first())
          ? TorchStream.read(ByteBuffer.wrap(source.bytes()), limits)
          : TorchArchive.read(source, limits);
    } catch (MobileNetException e) {
      throw e.in(source.name());
    }
  }
}
