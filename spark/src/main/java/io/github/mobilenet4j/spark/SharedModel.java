package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.broadcast.Broadcast;

/**
 * A model that tasks share: an executor receives its file once, and compiles it once however many
 * tasks and stages use it.
 *
 * @param file the model file
 * @param sha256 of the file, in hexadecimal
 */
record SharedModel(Broadcast<byte[]> file, String sha256, Precision precision)
    implements Serializable {
  private record Key(String sha256, Precision precision) {}

  /** So many compiled models an executor keeps, 4 to 17 MB each; those used longest ago go. */
  private static final int MOST = 8;

  /**
   * The executor's: tasks have nothing else in common but their JVM. One that goes is not closed,
   * since a task may use it; its memory goes back with the last that does.
   */
  private static final Map<Key, Classifier> COMPILED =
      new LinkedHashMap<>(MOST, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Classifier> eldest) {
          return size() > MOST;
        }
      };

  /** Returns the compiled model of this executor, one thread for each image. */
  Classifier classifier() {
    synchronized (COMPILED) {
      return COMPILED.computeIfAbsent(
          new Key(sha256, precision),
          _ ->
              Classifier.builder(ModelFile.read("the broadcast model", file.value()))
                  .threads(1)
                  .precision(precision)
                  .build());
    }
  }
}
