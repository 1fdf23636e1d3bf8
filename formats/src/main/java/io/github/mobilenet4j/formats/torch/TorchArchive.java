package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

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

  private final ZipFile zip;
  private final String folder;
  private final Map<String, ByteBuffer> storages = new HashMap<>();
  private final Map<String, String> texts = new HashMap<>();

  /**
   * Entries may overlap in a hostile archive; together they take no more than it could vouch for.
   */
  private long left;

  private final ReadLimits limits;

  private TorchArchive(ZipFile zip, String folder, long length, ReadLimits limits) {
    this.zip = zip;
    this.folder = folder;
    this.left = MOST_EXPANSION * length;
    this.limits = limits;
  }

  /** Returns the entry that describes the object, if the archive is of this kind. */
  static Optional<? extends ZipEntry> pickle(ZipFile zip) {
    return zip.stream().filter(entry -> entry.getName().endsWith(PICKLE)).findFirst();
  }

  /**
   * Returns what is in a file.
   *
   * @throws MobileNetException without the file's name, if it cannot be read, is broken, or holds
   *     something else
   */
  static ModelFormat.Contents read(Path path, ReadLimits limits) {
    try (ZipFile zip = new ZipFile(path.toFile())) {
      String pickle =
          pickle(zip).orElseThrow(() -> new MobileNetException("holds no data.pkl")).getName();
      String folder = pickle.substring(0, pickle.length() - PICKLE.length());
      return new TorchArchive(zip, folder, path.toFile().length(), limits).read();
    } catch (IOException | IllegalArgumentException e) {
      throw broken(e);
    }
  }

  private ModelFormat.Contents read() {
    if (zip.getEntry(folder + ORDER) != null
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
            zip.getEntry(folder + name) == null
                ? ""
                : StandardCharsets.UTF_8.decode(bytes(name)).toString());
  }

  private ByteBuffer bytes(String name) {
    ZipEntry entry = zip.getEntry(folder + name);
    if (entry == null) {
      throw new MobileNetException("has no entry " + MobileNetException.abridged(name));
    }
    long size = entry.getSize();
    // Compressed by other tools; PyTorch stores.
    boolean stored = entry.getMethod() == ZipEntry.STORED;
    long most = stored ? left : Math.min(left, MOST_EXPANSION * entry.getCompressedSize());
    if (size < 0 || size > most) {
      throw new MobileNetException(
          "entry %s has %s bytes, expected at most the %s that are left for this file"
              .formatted(MobileNetException.abridged(name), size, most));
    }
    left -= size;
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] bytes = in.readNBytes((int) Math.min(size, Integer.MAX_VALUE));
      if (bytes.length < size) {
        throw new MobileNetException("entry " + MobileNetException.abridged(name) + " is cut off");
      }
      return ByteBuffer.wrap(bytes);
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private static MobileNetException broken(Exception e) {
    return new MobileNetException("the zip archive is broken: " + e.getMessage(), e);
  }
}
