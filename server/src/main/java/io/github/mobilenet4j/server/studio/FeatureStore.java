package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a network's backbone makes of images, kept in a file, so that each is run once. Of another
 * network the file has nothing to say, and a file that cannot be read is as good as none.
 *
 * <p>Safe for use by many threads.
 */
final class FeatureStore {
  private static final String MODEL = "model";
  private static final String KEYS = "keys";
  private static final String FEATURES = "features";

  private final Path file;
  private final String model;
  private final int size;
  private final Map<String, float[]> known = new ConcurrentHashMap<>();
  private volatile boolean changed;

  /**
   * @param model what tells the network from others
   * @param size features of an image
   */
  FeatureStore(Path file, String model, int size) {
    this.file = file;
    this.model = model;
    this.size = size;
    if (Files.exists(file)) {
      read();
    }
  }

  private void read() {
    try {
      Safetensors stored = Safetensors.read(file);
      Tensor tensor = stored.tensors().get(FEATURES);
      if (!model.equals(stored.metadata().get(MODEL))
          || tensor == null
          || !(Json.parse(file.toString(), stored.metadata().getOrDefault(KEYS, ""))
              instanceof List<?> keys)
          || !tensor.shape().equals(List.of(keys.size(), size))) {
        return;
      }
      float[] values = tensor.floats();
      for (int i = 0; i < keys.size(); i++) {
        float[] own = new float[size];
        System.arraycopy(values, i * size, own, 0, size);
        known.put(String.valueOf(keys.get(i)), own);
      }
    } catch (MobileNetException _) {
      known.clear();
    }
  }

  Optional<float[]> get(Picture picture) {
    return Optional.ofNullable(known.get(picture.key()));
  }

  int size() {
    return known.size();
  }

  void put(Picture picture, float[] features) {
    known.put(picture.key(), features);
    changed = true;
  }

  /** Writes the file, if it would be another, and forgets what is no longer there. */
  synchronized void save(Collection<Picture> pictures) {
    HashSet<String> wanted = new HashSet<>();
    pictures.forEach(picture -> wanted.add(picture.key()));
    if (!known.keySet().retainAll(wanted) && !changed) {
      return;
    }
    changed = false;
    List<String> keys = new ArrayList<>(known.keySet());
    keys.sort(null);
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(keys.size(), size * Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    keys.forEach(key -> {
      for (float value : known.get(key)) {
        bytes.putFloat(value);
      }
    });
    try {
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw MobileNetException.cannot("write", file, e);
    }
    Safetensors.write(
        file,
        Map.of(MODEL, model, KEYS, Json.text(keys)),
        Map.of(FEATURES, new Tensor(DataType.F32, List.of(keys.size(), size), bytes.flip())));
  }
}
