package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Floats;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.random.SplitMix64;
import java.util.Arrays;

/**
 * Global average pooling, dropout (Srivastava et al. 2014; what is kept grows by 1 / (1 − p)), the
 * classifier, and softmax cross-entropy.
 */
final class Head {
  /** Rows of the kernel whose gradient is a task. */
  private static final int ROWS_AT_ONCE = 128;

  private final Kernels kernels;
  private final Products products;
  private final MobileNetV1 network;
  private final Layer.Classifier layer;
  private final TrainingParameter kernel;
  private final TrainingParameter bias;
  private final MiniBatch batch;
  private final BatchNorm in;
  private final PackedMatrix matrix;
  private final PackedMatrix transposed;

  /** Floats from a pixel of the activations to the next, and from a picture's features. */
  private final int pixel;

  private final int logitsPixel;
  private final Floats features;
  private final Floats logits;
  private final Floats logitGradients;
  private final Floats featureGradients;
  private final double[] losses;

  Head(
      Kernels kernels,
      MobileNetV1 network,
      Values values,
      MiniBatch batch,
      int mostImages,
      BatchNorm in) {
    this.kernels = kernels;
    this.products = new Products(kernels);
    this.network = network;
    this.layer = network.classifier();
    this.kernel = values.get(layer, Role.KERNEL);
    this.bias = values.get(layer, Role.BIAS);
    this.batch = batch;
    this.in = in;
    this.matrix = new PackedMatrix(kernels, network.features(), network.classes());
    this.transposed = new PackedMatrix(kernels, network.classes(), network.features());
    this.pixel = Channels.pixelStride(network.features());
    this.logitsPixel = Channels.pixelStride(network.classes());
    this.features = kernels.allocate(mostImages * pixel);
    this.featureGradients = kernels.allocate(mostImages * pixel);
    this.logits = kernels.allocate(mostImages * logitsPixel);
    this.logitGradients = kernels.allocate(mostImages * logitsPixel);
    this.losses = new double[mostImages];
  }

  String name() {
    return layer.name();
  }

  /** Takes over the present values of kernel and bias. */
  void pack() {
    matrix.set(kernel.values());
    matrix.setBias(bias.values());
    transposed.setTransposed(kernel.values());
  }

  /** Returns the floats of scratch memory that a thread needs. */
  int scratch() {
    return in.area() * pixel;
  }

  /** Makes the features of a picture. */
  void pool(int image, Scratch scratch) {
    in.normalize(image * in.area(), in.area(), scratch.strip(), 0, pixel);
    kernels.averagePool(
        scratch.strip(),
        0,
        pixel,
        in.width() * pixel,
        in.height(),
        in.width(),
        in.groups(),
        features,
        image * pixel);
    if (network.dropout() > 0) {
      float[] values = new float[in.channels()];
      features.get(image * pixel, values, 0, values.length);
      drop(image, values);
      features.set(image * pixel, values, 0, values.length);
    }
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
    return matrix.panels();
  }

  /** Computes a part of the logits of all pictures. */
  void classify(int task) {
    products.multiply(
        features, 0, pixel, 1, 0, matrix, task, logits, 0, logitsPixel, batch.images());
  }

  /** Computes a picture's loss, and its gradient by the logits. */
  void loss(int image, Scratch scratch) {
    int classes = network.classes();
    float[] values = scratch.logits();
    logits.get(image * logitsPixel, values, 0, classes);
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
    losses[image] = loss;
    for (int k = 0; k < classes; k++) {
      double gradient = weight * exponentials[k] / sum - batch.targets()[first + k];
      values[k] = (float) (gradient / batch.images());
    }
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

  /** Returns the rows of the kernel. */
  int kernelRows() {
    return network.features();
  }

  /** Returns floats from a row of the kernel's gradient to the next. */
  int gradientRow() {
    return logitsPixel;
  }

  /** Returns into how many tasks the gradient of the kernel is cut. */
  int kernelTasks() {
    return (kernelRows() + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE;
  }

  /**
   * Computes some rows of the gradient of the kernel.
   *
   * @param dw {@code [kernelRows, gradientRow]}
   */
  void kernelGradient(int task, Floats dw) {
    int from = task * ROWS_AT_ONCE;
    int rows = Math.min(ROWS_AT_ONCE, kernelRows() - from);
    dw.clear(from * gradientRow(), rows * gradientRow());
    products.addTransposed(
        features,
        from,
        pixel,
        rows,
        logitGradients,
        0,
        logitsPixel,
        Channels.padded(network.classes()),
        dw,
        from * gradientRow(),
        gradientRow(),
        batch.images());
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
    return transposed.panels();
  }

  /** Computes a part of the gradient by the features of all pictures. */
  void featureGradient(int task) {
    products.multiply(
        logitGradients,
        0,
        logitsPixel,
        1,
        0,
        transposed,
        task,
        featureGradients,
        0,
        pixel,
        batch.images());
  }

  /** Makes the gradient by the activations before the pooling: the same at each position. */
  void spread(Chunk chunk, Floats dx, Scratch scratch) {
    float[] values = new float[in.channels()];
    for (int image = chunk.from(); image < chunk.to(); image++) {
      featureGradients.get(image * pixel, values, 0, values.length);
      if (network.dropout() > 0) {
        drop(image, values);
      }
      for (int c = 0; c < values.length; c++) {
        values[c] /= in.area();
      }
      for (int p = 0; p < in.area(); p++) {
        dx.set((image * in.area() + p) * in.pixel(), values, 0, values.length);
      }
      in.gatherGradient(chunk, dx, image * in.area(), in.area(), scratch);
    }
  }
}
