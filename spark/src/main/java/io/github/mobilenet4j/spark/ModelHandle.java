package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/** A model on the driver, as a file that is sent to each executor once. */
final class ModelHandle {
  private final Model model;
  private final byte[] file;
  private final String sha256;
  private SparkContext context;
  private Broadcast<byte[]> broadcast;

  ModelHandle(Model model) {
    this.model = model;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ModelFile.write(out, model);
    file = out.toByteArray();
    try {
      sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(file));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  Model model() {
    return model;
  }

  /** Returns the model file. */
  byte[] file() {
    return file;
  }

  /**
   * Returns what a task finds the model by.
   *
   * @param precision its lower-case name; empty for what the weights are made for
   * @throws io.github.mobilenet4j.MobileNetException if the model cannot be computed in it
   */
  synchronized SharedModel share(SparkContext context, String precision) {
    Precision of =
        precision.isEmpty()
            ? Precision.of(model.weights())
            : Precision.valueOf(precision.toUpperCase(Locale.ROOT)).requireFor(model);
    if (this.context != context) {
      this.context = context;
      broadcast = JavaSparkContext.fromSparkContext(context).broadcast(file);
    }
    return new SharedModel(broadcast, sha256, of);
  }
}
