package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.formats.torch.TorchObjects.Storage;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code torch.save} wrote before PyTorch 1.6: four pickles (a magic number, a version, facts
 * about the machine, the object), a fifth with the keys of the storages in their order, then for
 * each storage its number of values (8 bytes, little-endian) and its bytes.
 */
final class TorchStream {
  /** An integer of 10 bytes and the first two of them: how the magic number is pickled. */
  private static final String PICKLED_MAGIC = "\u008a\n\u006c\u00fc";

  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long VERSION = 1001;

  private TorchStream() {}

  /** Returns whether a file that begins so is of this kind. */
  static boolean isStream(byte[] first) {
    return new String(first, StandardCharsets.ISO_8859_1).contains(PICKLED_MAGIC);
  }

  /**
   * Returns what is in a file's content.
   *
   * @throws MobileNetException without the file's name, if it is broken or holds something else
   */
  static ModelFormat.Contents read(ByteBuffer in, ReadLimits limits) {
    TorchObjects objects = new TorchObjects(limits);
    if (!MAGIC.equals(Unpickler.load(in, objects, limits))) {
      throw new MobileNetException("is no file of torch.save");
    }
    if (!Long.valueOf(VERSION).equals(Unpickler.load(in, objects, limits))) {
      throw new MobileNetException("is of another version than " + VERSION);
    }
    if (Unpickler.load(in, objects, limits) instanceof Map<?, ?> machine
        && Boolean.FALSE.equals(machine.get("little_endian"))) {
      throw new MobileNetException("was written on a big-endian machine");
    }
    Object root = Unpickler.load(in, objects, limits);
    Object keys = Unpickler.load(in, objects, limits);
    Map<String, ByteBuffer> bytes = storages(in, objects.storages(), keys);
    return TorchContents.of(root, storage -> bytes.get(storage.key()), path -> "", limits);
  }

  /** As {@link #read(ByteBuffer, ReadLimits)}, within the standard limits. */
  static ModelFormat.Contents read(ByteBuffer in) {
    return read(in, ReadLimits.standard());
  }

  private static Map<String, ByteBuffer> storages(
      ByteBuffer in, Map<String, Storage> known, Object keys) {
    in.order(ByteOrder.LITTLE_ENDIAN);
    Map<String, ByteBuffer> storages = new HashMap<>();
    for (Object key : keys instanceof List<?> list ? list : List.of()) {
      Storage storage = key instanceof String name ? known.get(name) : null;
      if (storage == null) {
        throw new MobileNetException("lists a storage that no tensor uses");
      }
      long count = in.remaining() < Long.BYTES ? -1 : in.getLong();
      if (count != storage.count() || storage.bytes() > in.remaining()) {
        throw new MobileNetException(
            "storage %s has %s values, expected %s within the %s bytes that are left"
                .formatted(
                    MobileNetException.abridged(storage.key()),
                    count,
                    storage.count(),
                    in.remaining()));
      }
      int bytes = (int) storage.bytes();
      storages.put(storage.key(), in.slice(in.position(), bytes));
      in.position(in.position() + bytes);
    }
    return storages;
  }
}
