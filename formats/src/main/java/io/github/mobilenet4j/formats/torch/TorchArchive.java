package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.formats.reading.Source;
import io.github.mobilenet4j.formats.reading.ZipArchive;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code torch.save} writes since PyTorch 1.6: a zip archive in which {@code NAME/data.pkl}
 * describes the object and {@code NAME/data/KEY} are the bytes of a storage, none compressed; other
 * tools may have compressed them.
 */
final class TorchArchive {
  private static final String PICKLE = "/data.pkl";
  private static final String ORDER = "/byteorder";

  /** Deflate makes no bytes a thousand and thirty-two times smaller; weights hardly shrink. */
  private static final int MOST_EXPANSION = 16;

  private final ZipArchive zip;
  private final String folder;
  private final Map<String, ByteBuffer> storages = new HashMap<>();
  private final Map<String, String> texts = new HashMap<>();

  /**
   * Entries may overlap in a hostile archive; together they take no more than it could vouch for.
   */
  private long left;

  private final ReadLimits limits;

  private TorchArchive(ZipArchive zip, String folder, long length, ReadLimits limits) {
    this.zip = zip;
    this.folder = folder;
    this.left = MOST_EXPANSION * length;
    this.limits = limits;
  }

  /** Returns the entry that describes the object, if the archive is of this kind. */
  static Optional<ZipArchive.Entry> pickle(ZipArchive zip) {
    return zip.entries().stream().filter(entry -> entry.name().endsWith(PICKLE)).findFirst();
  }

  /**
   * Returns what is in a file.
   *
   * @throws MobileNetException without the file's name, if it cannot be read, is broken, or holds
   *     something else
   */
  static ModelFormat.Contents read(Source source, ReadLimits limits) {
    try (ZipArchive zip = ZipArchive.open(source)) {
      String pickle =
          pickle(zip).orElseThrow(() -> new MobileNetException("holds no data.pkl")).name();
      String folder = pickle.substring(0, pickle.length() - PICKLE.length());
      return new TorchArchive(zip, folder, zip.length(), limits).read();
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private ModelFormat.Contents read() {
    if (zip.entry(folder + ORDER).isPresent()
        && !StandardCharsets.US_ASCII.decode(bytes(ORDER)).toString().equals("little")) {
      throw new MobileNetException("was written on a big-endian machine");
    }
    Object root = Unpickler.load(bytes(PICKLE), new TorchObjects(limits), limits);
    return TorchContents.of(
        root,
        storage -> storages.computeIfAbsent(storage.key(), key -> bytes("/data/" + key)),
        this::code,
        limits);
  }

  /** Returns a file of TorchScript's code, of which many classes may be in one. */
  private String code(String path) {
    return texts.computeIfAbsent(
        path,
        name ->
            zip.entry(folder + name).isEmpty()
                ? ""
                : StandardCharsets.UTF_8.decode(bytes(name)).toString());
  }

  private ByteBuffer bytes(String name) {
    ZipArchive.Entry entry =
        zip.entry(folder + name)
            .orElseThrow(
                () -> new MobileNetException("has no entry " + MobileNetException.abridged(name)));
    long size = entry.size();
    // Compressed by other tools; PyTorch stores.
    long most = entry.stored() ? left : Math.min(left, MOST_EXPANSION * entry.compressed());
    if (size > most) {
      throw new MobileNetException(
          "entry %s has %s bytes, expected at most the %s that are left for this file"
              .formatted(MobileNetException.abridged(name), size, most));
    }
    left -= size;
    try {
      return ByteBuffer.wrap(zip.bytes(entry, most));
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private static MobileNetException broken(Exception e) {
    return new MobileNetException("the zip archive is broken: " + e.getMessage(), e);
  }
}
