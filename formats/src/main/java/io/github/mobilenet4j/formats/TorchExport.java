package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A PyTorch state dictionary that {@code torch.load(path, weights_only=True)} opens: what {@code
 * torch.save} writes since version 1.6, and beside it what {@link HubConfig} writes.
 *
 * @param dialect whose names
 * @param kernels {@link DataType#F32}, {@link DataType#F16} or {@link DataType#BF16}; all else
 *     stays F32
 */
public record TorchExport(Dialect dialect, DataType kernels) implements Export {
  /** The names that PyTorch's networks have, those that say less about the network first. */
  private static final List<Dialect> DIALECTS =
      List.of(Dialect.TUTORIAL, Dialect.TIMM, Dialect.HUGGING_FACE);

  private static final String FOLDER = "archive";

  /** PyTorch maps files into memory; then a storage has to begin at a multiple of this. */
  private static final int ALIGNMENT = 64;

  private static final int LOCAL_HEADER = 30;
  private static final int EXTRA_HEADER = 4;

  /** The tag of PyTorch's own padding, "FB". */
  private static final short PADDING = 0x4246;

  /**
   * Checks the dialect.
   *
   * @throws MobileNetException if no network of PyTorch has its names
   */
  public TorchExport {
    if (!DIALECTS.contains(dialect)) {
      throw new MobileNetException(
          "a PyTorch file has the names of one of %s, not of %s".formatted(DIALECTS, dialect));
    }
  }

  /**
   * Returns the names for a model: those it came in, or else the first of tutorial, timm and
   * Hugging Face whose network does what this one does.
   */
  public static Dialect dialect(Model model) {
    return DIALECTS.stream()
        .filter(dialect -> dialect.holds(model.network()))
        .min(
            Comparator.comparing(d -> d.toString().equals(model.metadata().get("dialect")) ? 0 : 1))
        .orElse(Dialect.HUGGING_FACE);
  }

  @Override
  public void write(Path path, Model model) {
    Map<String, Tensor> tensors = dialect.tensors(model, kernels);
    HubConfig.with(
        path,
        dialect,
        model,
        () ->
            AtomicFile.write(
                path,
                out -> {
                  Archive archive = new Archive(Channels.newOutputStream(out));
                  archive.add("data.pkl", TorchPickle.stateDict(tensors));
                  int key = 0;
                  for (Tensor tensor : tensors.values()) {
                    archive.add("data/" + key++, tensor.data());
                  }
                  archive.add("version", ByteBuffer.wrap("3\n".getBytes(StandardCharsets.UTF_8)));
                  archive.zip.finish();
                }));
  }

  /** A zip archive whose entries are stored, each content at an aligned place. */
  private static final class Archive {
    private final ZipOutputStream zip;
    private long at;

    Archive(OutputStream out) {
      zip = new ZipOutputStream(out);
      zip.setMethod(ZipOutputStream.STORED);
    }

    void add(String name, ByteBuffer content) throws IOException {
      byte[] bytes = new byte[content.remaining()];
      content.get(bytes);
      CRC32 crc = new CRC32();
      crc.update(bytes);
      ZipEntry entry = new ZipEntry(FOLDER + "/" + name);
      entry.setTimeLocal(ModelFormat.ARCHIVE_DATE);
      entry.setSize(bytes.length);
      entry.setCrc(crc.getValue());
      at += LOCAL_HEADER + entry.getName().length() + EXTRA_HEADER;
      int padding = (int) (-at & ALIGNMENT - 1);
      entry.setExtra(
          ByteBuffer.allocate(EXTRA_HEADER + padding)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putShort(PADDING)
              .putShort((short) padding)
              .array());
      zip.putNextEntry(entry);
      zip.write(bytes);
      zip.closeEntry();
      at += padding + bytes.length;
    }
  }
}
