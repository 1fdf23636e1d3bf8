package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.ReadLimits.Limit;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Everything that is needed to classify a picture: the network, its trained values, and what
 * travels with them.
 *
 * @param network the architecture, with the padding, activation and ε that the weights were trained
 *     with
 * @param weights its values
 * @param preprocessing what the pictures went through in training
 * @param labels the names of the classes, one each
 * @param metadata anything else worth keeping (origin, licence, how it was trained), by name
 * @param confidence how sure it is of what it says
 */
public record Model(
    MobileNetV1 network,
    Weights weights,
    Preprocessing preprocessing,
    Labels labels,
    Map<String, String> metadata,
    Confidence confidence) {
  /** The metadata that says how the preprocessing was found, where the file did not say it. */
  public static final String PREPROCESSING = "preprocessing";

  /** The metadata that says where the labels are from, where the file had none. */
  public static final String LABELS = "labels";

  /**
   * The metadata that says why the integers of a file were read as the floats that they stand for.
   * It is about the file, and written to no other.
   */
  public static final String INTEGERS = "integers";

  /**
   * The metadata that names the classes by their WordNet numbers, such as n01443537, in the order
   * of the labels, with a space between.
   */
  public static final String WORDNET = "wordnet";

  /**
   * Checks that the weights are the network's, as many channels are preprocessed as it takes, and
   * that there is a label for each class, and a logit for each if there is a threshold.
   *
   * @throws MobileNetException if one of these is not so
   */
  public Model {
    metadata = Map.copyOf(metadata);
    weights.requireFor(network);
    if (preprocessing.channels() != network.channels()) {
      throw new MobileNetException(
          "preprocessing of %s channels for a network of %s"
              .formatted(preprocessing.channels(), network.channels()));
    }
    if (labels.names().size() != network.classes()) {
      throw new MobileNetException(
          "%s labels for %s classes".formatted(labels.names().size(), network.classes()));
    }
    if (confidence.threshold().isPresent() && network.outputs() < 2) {
      throw new MobileNetException(
          "a threshold for a network of %s outputs, expected none".formatted(network.outputs()));
    }
  }

  /**
   * A model that says nothing of how sure it is.
   *
   * @throws MobileNetException as the other
   */
  public Model(
      MobileNetV1 network,
      Weights weights,
      Preprocessing preprocessing,
      Labels labels,
      Map<String, String> metadata) {
    this(network, weights, preprocessing, labels, metadata, Confidence.NONE);
  }

  /**
   * Returns this model.
   *
   * @throws MobileNetException if its input, its activations or its weights are larger than a file
   *     may ask for
   */
  public Model within(ReadLimits limits) {
    check(limits, Limit.INPUT_SIDE, network.height(), "rows");
    check(limits, Limit.INPUT_SIDE, network.width(), "columns");
    check(
        limits,
        Limit.ACTIVATION_BYTES,
        network.peakActivationBytes(),
        "bytes of activations for one image");
    check(limits, Limit.WEIGHT_BYTES, Float.BYTES * network.totalParameters(), "bytes of weights");
    return this;
  }

  private static void check(ReadLimits limits, Limit limit, long found, String what) {
    if (found > limits.of(limit)) {
      throw new MobileNetException(
          "the model has %s %s, expected at most %s (-D%s allows more)"
              .formatted(found, what, limits.of(limit), limit.property()));
    }
  }

  /**
   * Returns the same model with other labels, and without {@link #LABELS} and {@link #WORDNET}.
   *
   * @throws MobileNetException if there are more or fewer labels than classes
   */
  public Model withLabels(Labels other) {
    return new Model(
        network, weights, preprocessing, other, metadataWithout(LABELS, WORDNET), confidence);
  }

  /**
   * Returns the same model for pictures of another size. The pooling averages over whatever is
   * there, so the weights fit any; accuracy is best near the size of the training.
   *
   * @throws MobileNetException if a side is below {@link MobileNetV1#MIN_RESOLUTION}
   */
  public Model withInput(int height, int width) {
    return new Model(
        network.toBuilder().input(height, width).build(),
        weights,
        preprocessing,
        labels,
        metadata,
        confidence);
  }

  /** Returns the same model with another padding of all convolutions. */
  public Model withPadding(Padding other) {
    MobileNetV1 padded = network.toBuilder().padding(other).build();
    return new Model(padded, weights, preprocessing, labels, metadata);
  }

  /**
   * Returns the same model for the pictures of another: its size and its preprocessing, in this
   * model's channels.
   */
  public Model withInputOf(Model other) {
    return withInput(other.network.height(), other.network.width())
        .withPreprocessing(other.preprocessing.forChannels(network.channels()));
  }

  /**
   * Returns the same model for pictures that went through something else, and without {@link
   * #PREPROCESSING}.
   */
  public Model withPreprocessing(Preprocessing other) {
    return new Model(network, weights, other, labels, metadataWithout(PREPROCESSING), confidence);
  }

  /** Returns the same model with more metadata; entries of the same name are replaced. */
  public Model withMetadata(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(metadata);
    all.putAll(more);
    return new Model(network, weights, preprocessing, labels, all, confidence);
  }

  /**
   * Returns the same model that is as sure as this says.
   *
   * @throws MobileNetException if there is a threshold, and not a logit for each class
   */
  public Model withConfidence(Confidence other) {
    return new Model(network, weights, preprocessing, labels, metadata, other);
  }

  private Map<String, String> metadataWithout(String... names) {
    Map<String, String> others = new HashMap<>(metadata);
    others.keySet().removeAll(Set.of(names));
    return others;
  }
}
