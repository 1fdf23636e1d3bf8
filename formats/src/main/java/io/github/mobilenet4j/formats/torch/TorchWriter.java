package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.formats.reading.ZipArchive;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes a state dictionary as {@code torch.save} does since version 1.6. */
public final class TorchWriter {
  private static final String FOLDER = "archive";

  /** PyTorch maps files into memory; then a storage has to begin at a multiple of this. */
  private static final int ALIGNMENT = 64;

  private static final int LOCAL_HEADER = 30;
  private static final int EXTRA_HEADER = 4;

  /** The tag of PyTorch's own padding, "FB". */
  private static final short PADDING = 0x4246;

  private TorchWriter() {}

  /** Writes tensors, in their order. */
  public static void write(Path path, Map<String, Tensor> tensors) {
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
        });
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
      entry.setTimeLocal(ZipArchive.DATE);
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
