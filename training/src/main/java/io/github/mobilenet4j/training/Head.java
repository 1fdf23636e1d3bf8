package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.random.SplitMix64;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Global average pooling, dropout (Srivastava et al. 2014; what is kept grows by 1 / (1 − p)), the
 * classifier, and softmax cross-entropy.
 */
final class Head {
  private final Kernels kernels;
  private final MobileNetV1 network;
  private final Layer.Classifier layer;
  private final TrainingParameter kernel;
  private final TrainingParameter bias;

  /** What the kernel is computed with. */
  private final Supplier<float[]> present;

  private final MiniBatch batch;

  /** Null where features come in place of images. */
  private final @Nullable BatchNorm in;

  private final Kernels.Product product;
  private final Kernels.Product transposed;
  private final KernelRows rows;
  private final BatchNorm.View activations;
  private final Layout pooled;
  private final int kernelRows;

  /** Floats from a pixel of the activations to the next, and from a picture's features. */
  private final int pixel;

  private final int logitsPixel;
  private final Buffer features;
  private final Buffer logits;
  private final Buffer logitGradients;
  private final Buffer featureGradients;
  private final double[] losses;

  /** What rounds the features and the logits of all images. */
  private final Optional<Rounding> featureRounding;

  private final Optional<Rounding> logitRounding;

  /**
   * The rounding of some values of each image, side by side.
   *
   * @param at where they are, those of an image {@code pixel} after those of the one before
   * @param passes whether the gradient of each passes, {@code [images, channels]}
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Rounding(
      RoundedActivation activation, Buffer at, int pixel, int channels, boolean[] passes) {

    /** Measures the range of all images. */
    void observe(int images) {
      float[] values = new float[channels];
      float least = 0;
      float greatest = 0;
      for (int image = 0; image < images && !activation.settled(); image++) {
        at.get(image * pixel, values, 0, channels);
        for (float v : values) {
          least = Math.min(least, v);
          greatest = Math.max(greatest, v);
        }
      }
      activation.observe(least, greatest);
    }

    /** Rounds the values of an image, here and where they are. */
    void round(int image, float[] values) {
      activation.round(values, passes, image * channels);
      at.set(image * pixel, values, 0, channels);
    }

    /** Zeroes gradients that do not pass. */
    void gradient(int image, float[] gradients) {
      for (int i = 0; i < channels; i++) {
        gradients[i] = passes[image * channels + i] ? gradients[i] : 0;
      }
    }
  }

  Head(
      Kernels kernels,
      MobileNetV1 network,
      Values values,
      MiniBatch batch,
      int mostImages,
      @Nullable BatchNorm in) {
    this.kernels = kernels;
    this.network = network;
    this.layer = network.classifier();
    this.kernel = values.get(layer, Role.KERNEL);
    this.bias = values.get(layer, Role.BIAS);
    this.present = values.kernel(layer);
    this.batch = batch;
    this.in = in;
    this.kernelRows = network.features();
    this.pixel = Channels.pixelStride(kernelRows);
    this.logitsPixel = Channels.pixelStride(network.classes());
    Layout featureLine = Layout.line(pixel);
    Layout logitLine = Layout.line(logitsPixel);
    PackedMatrix matrix = new PackedMatrix(kernels, kernelRows, network.classes());
    this.product = new Kernels.Product(matrix, 1, featureLine, logitLine, Clamp.NONE);
    PackedMatrix back = new PackedMatrix(kernels, network.classes(), kernelRows);
    this.transposed = new Kernels.Product(back, 1, logitLine, featureLine, Clamp.NONE);
    this.rows = new KernelRows(kernels, kernel, kernelRows, network.classes(), pixel, logitsPixel);
    this.activations = in == null ? null : in.view(pixel);
    this.pooled = in == null ? null : new Layout(pixel, in.width() * pixel, in.width());
    this.features = kernels.allocate(mostImages * pixel);
    this.featureGradients = kernels.allocate(mostImages * pixel);
    this.logits = kernels.allocate(mostImages * logitsPixel);
    this.logitGradients = kernels.allocate(mostImages * logitsPixel);
    this.losses = new double[mostImages];
    this.featureRounding =
        values
            .activation(network.pool())
            .map(a -> rounding(a, features, pixel, kernelRows, mostImages));
    this.logitRounding =
        values
            .activation(layer)
            .map(a -> rounding(a, logits, logitsPixel, network.classes(), mostImages));
  }

  private static Rounding rounding(
      RoundedActivation activation, Buffer at, int pixel, int channels, int images) {
    return new Rounding(activation, at, pixel, channels, new boolean[images * channels]);
  }

  String name() {
    return layer.name();
  }

  /** Takes over the present values of kernel and bias. */
  void pack() {
    float[] values = present.get();
    product.matrix().set(values);
    product.matrix().setBias(bias.values());
    transposed.matrix().setTransposed(values);
  }

  /** Returns the floats of scratch memory that a thread needs. */
  int scratch() {
    return Math.max(rows.scratch(), in == null ? 0 : in.area() * pixel);
  }

  /** Averages the activations of a picture, or takes its features over. */
  void pool(int image, Scratch scratch) {
    if (in == null) {
      features.set(image * pixel, batch.x(), image * kernelRows, kernelRows);
      return;
    }
    in.normalize(activations, image * in.area(), in.area(), scratch.strip(), 0);
    kernels.averagePool(
        pooled, in.height(), in.groups(), scratch.strip(), 0, features, image * pixel);
  }

  /** Returns whether {@link #adjust} does something. */
  boolean adjusts() {
    return network.dropout() > 0 || featureRounding.isPresent();
  }

  /** Makes the features of a picture of the averages. */
  void adjust(int image) {
    float[] values = new float[kernelRows];
    features.get(image * pixel, values, 0, values.length);
    featureRounding.ifPresent(r -> r.round(image, values));
    if (network.dropout() > 0) {
      drop(image, values);
      features.set(image * pixel, values, 0, values.length);
    }
  }

  /** Returns whether ranges are measured. */
  boolean rounds() {
    return featureRounding.isPresent();
  }

  /** Measures the range of the averages of all pictures. */
  void observeFeatures() {
    featureRounding.ifPresent(r -> r.observe(batch.images()));
  }

  /** Measures the range of all logits. */
  void observeLogits() {
    logitRounding.ifPresent(r -> r.observe(batch.images()));
  }

  /** Zeroes or enlarges the values of a picture, by its place in the batch and the seed. */
  private void drop(int image, float[] values) {
    float kept = (float) (1 / (1 - network.dropout()));
    for (int c = 0; c < values.length; c++) {
      long drawn = hash(batch.seed() + hash((long) image * values.length + c));
      values[c] *= SplitMix64.fraction(drawn) < network.dropout() ? 0 : kept;
    }
  }

  private static long hash(long number) {
    return SplitMix64.mix(number + SplitMix64.GOLDEN_GAMMA);
  }

  /** Returns into how many tasks the classifier is cut. */
  int classifications() {
    return product.matrix().panels();
  }

  /** Computes a part of the logits of all pictures. */
  void classify(int task) {
    kernels.multiply(product, task, batch.images(), features, 0, logits, 0);
  }

  /** Computes a picture's loss, and its gradient by the logits. */
  void loss(int image, Scratch scratch) {
    int classes = network.classes();
    float[] values = scratch.logits();
    logits.get(image * logitsPixel, values, 0, classes);
    logitRounding.ifPresent(r -> r.round(image, values));
    double highest = Double.NEGATIVE_INFINITY;
    for (float v : values) {
      highest = Math.max(highest, v);
    }
    double[] exponentials = scratch.exponentials();
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      exponentials[k] = Math.exp(values[k] - highest);
      sum += exponentials[k];
    }
    double logSum = highest + Math.log(sum);
    double loss = 0;
    double weight = 0;
    int first = image * classes;
    for (int k = 0; k < classes; k++) {
      float target = batch.targets()[first + k];
      loss += target * (logSum - values[k]);
      weight += target;
    }
    double[] gradients = exponentials; // in their place
    for (int k = 0; k < classes; k++) {
      gradients[k] = weight * exponentials[k] / sum - batch.targets()[first + k];
    }
    if (batch.soft().isPresent()) {
      SoftTargets soft = batch.soft().get();
      loss = (1 - soft.weight()) * loss + soft.add(first, values, gradients);
    }
    losses[image] = loss;
    for (int k = 0; k < classes; k++) {
      values[k] = (float) (gradients[k] / batch.images());
    }
    logitRounding.ifPresent(r -> r.gradient(image, values));
    logitGradients.set(image * logitsPixel, values, 0, classes);
  }

  /** Returns the loss, the mean over all pictures. */
  float meanLoss() {
    double sum = 0;
    for (int image = 0; image < batch.images(); image++) {
      sum += losses[image];
    }
    return (float) (sum / batch.images());
  }

  /** Copies the logits to {@code [images, classes]}. */
  void copyLogits(float[] target) {
    for (int image = 0; image < batch.images(); image++) {
      logits.get(image * logitsPixel, target, image * network.classes(), network.classes());
    }
  }

  TrainingParameter kernel() {
    return kernel;
  }

  /** Returns into how many tasks the gradient of the kernel is cut. */
  int kernelTasks() {
    return rows.tasks();
  }

  /** Computes some rows of the gradient of the kernel. */
  void kernelGradient(int task, Scratch scratch) {
    Buffer dw = scratch.strip();
    rows.begin(task, dw, 0);
    int images = batch.images();
    rows.add(kernels, task, images, features, rows.first(task), logitGradients, 0, dw, 0);
    rows.end(task, dw, 0);
  }

  /** Computes the gradient of the bias. */
  void biasGradient() {
    float[] sum = bias.gradient();
    float[] values = new float[sum.length];
    Arrays.fill(sum, 0);
    for (int image = 0; image < batch.images(); image++) {
      logitGradients.get(image * logitsPixel, values, 0, values.length);
      for (int k = 0; k < sum.length; k++) {
        sum[k] += values[k];
      }
    }
  }

  /** Returns into how many tasks the gradient by the features is cut. */
  int featureTasks() {
    return transposed.matrix().panels();
  }

  /** Computes a part of the gradient by the features of all pictures. */
  void featureGradient(int task) {
    kernels.multiply(transposed, task, batch.images(), logitGradients, 0, featureGradients, 0);
  }

  /** Makes the gradient by the activations before the pooling: the same at each position. */
  void spread(Chunk chunk, Buffer dx, Scratch scratch) {
    float[] values = new float[in.channels()];
    for (int image = chunk.from(); image < chunk.to(); image++) {
      featureGradients.get(image * pixel, values, 0, values.length);
      if (network.dropout() > 0) {
        drop(image, values);
      }
      int of = image;
      featureRounding.ifPresent(r -> r.gradient(of, values));
      for (int c = 0; c < values.length; c++) {
        values[c] /= in.area();
      }
      int firstPixel = image * in.area();
      int at = firstPixel * in.pixel();
      for (int p = 0; p < in.area(); p++) {
        dx.set(at + p * in.pixel(), values, 0, values.length);
      }
      in.gatherGradient(chunk, dx, at, dx, firstPixel, in.area(), scratch);
    }
  }
}
