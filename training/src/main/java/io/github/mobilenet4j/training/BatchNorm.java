package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedBatchNorm;
import io.github.mobilenet4j.kernels.TrainingKernels;
import io.github.mobilenet4j.kernels.TrainingKernels.Channelwise;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The raw output z of a convolution for a whole batch, and the BatchNorm and activation after it
 * (Ioffe and Szegedy, arXiv:1502.03167, section 3). Neither costs a pass over memory: statistics
 * are gathered from each strip of z where it is made, and z is normalised where it is read. The
 * same for the sums over the gradient, which are gathered where that is made.
 *
 * <p>Pixels are counted through the batch: z is {@code [batch · height · width, pixel]}, and so are
 * the gradients of the activations.
 */
final class BatchNorm {
  /**
   * Pixels whose sums are in single precision. An error in a variance is one of all values of a
   * channel, and grows from layer to layer.
   */
  private static final int PIXELS_AT_ONCE = 128;

  /** Bytes of an output that the next operator may still find in a cache. */
  private static final long MOST_CACHED_BYTES = 10 << 20;

  private final TrainingKernels kernels;
  private final Layer.Convolution layer;
  private final double epsilon;
  private final double momentum;
  private final Clamp activation;
  private final boolean frozen;

  /** Whether strips are made in scratch memory, if little is computed for each value. */
  private final boolean streams;

  /** Whether the running statistics stay as they are and are used forward. */
  private final boolean settled;

  /**
   * Whether they stayed from the beginning: then nothing brings those of the batch back to them.
   */
  private final boolean fixed;

  /** What rounds the activations. */
  private final Optional<RoundedActivation> rounding;

  private final TrainingParameter gamma;
  private final TrainingParameter beta;
  private final TrainingParameter mean;
  private final TrainingParameter variance;
  private final Buffer z;
  private final PackedBatchNorm norm;

  /** All channels, whose sums go into scratch memory. */
  private final View summed;

  private final List<View> views = new ArrayList<>();

  /** √(σ² + ε) and γ divided by it, of each channel. */
  private final double[] std;

  private final float[] scale;

  /** Of each channel, for the time of a method; made once, so that a step leaves no garbage. */
  private final double[] means;

  private final double[] variances;

  /** From the mean that is subtracted to that of the batch. */
  private final double[] distance;

  private final float[] pivot;
  private final float[] shift;
  private final float[] center;
  private final float[] slope;
  private final float[] constant;

  /** By chunk: two sums of each channel, {@code [2, pixel]}. */
  private final double[][] sums;

  /** By chunk: the least and the greatest z of each channel, {@code [2, channels]}. */
  private final float[][] extremes;

  /**
   * Some groups of channels as kernels take them. The upper end of the activation moves with the
   * range that it is rounded in.
   */
  final class View {
    private final int firstGroup;
    private final int groups;
    private final int outPixel;
    private final Channelwise[] steps;
    private Channelwise channels;

    private View(int firstGroup, int groups, int outPixel) {
      this.firstGroup = firstGroup;
      this.groups = groups;
      this.outPixel = outPixel;
      this.steps = rounding.map(r -> r.steps(groups, outPixel)).orElse(new Channelwise[0]);
      clamp(activation);
    }

    private void clamp(Clamp to) {
      channels = new Channelwise(norm, firstGroup, groups, pixel(), pixel(), outPixel, to);
    }
  }

  /**
   * @param momentum of the running statistics; 0: they stay and are used
   * @param frozen whether nothing of it is trained, and the running statistics stay and are used
   * @param z memory for the raw output of the largest batch
   * @param chunks of that batch
   */
  BatchNorm(
      Kernels kernels,
      MobileNetV1 network,
      Layer.Convolution layer,
      Values values,
      double momentum,
      boolean frozen,
      Buffer z,
      int chunks) {
    this.kernels = kernels.training();
    this.layer = layer;
    this.epsilon = network.epsilon();
    this.momentum = momentum;
    this.activation = new Clamp(0, network.activation().ceiling());
    this.frozen = frozen;
    this.fixed = momentum == 0;
    this.settled = values.settled() || momentum == 0;
    this.rounding = values.activation(layer);
    rounding.ifPresent(r -> r.allocate(kernels, channels()));
    this.gamma = values.get(layer, Role.GAMMA);
    this.beta = values.get(layer, Role.BETA);
    this.mean = values.get(layer, Role.MEAN);
    this.variance = values.get(layer, Role.VARIANCE);
    this.z = z;
    this.streams = (long) z.length() * Float.BYTES > MOST_CACHED_BYTES;
    this.norm = new PackedBatchNorm(kernels, channels());
    this.summed = view(pixel());
    this.std = new double[channels()];
    this.scale = new float[channels()];
    this.means = new double[channels()];
    this.variances = new double[channels()];
    this.pivot = new float[channels()];
    this.shift = new float[channels()];
    this.distance = new double[channels()];
    this.center = new float[channels()];
    this.slope = new float[channels()];
    this.constant = new float[channels()];
    this.sums = new double[chunks][2 * pixel()];
    this.extremes = new float[measures() ? chunks : 0][2 * channels()];
  }

  /** Returns floats from a pixel to the next, in z and in the gradients. */
  static int pixel(Layer layer) {
    return Channels.padded(layer.out().channels());
  }

  int pixel() {
    return pixel(layer);
  }

  int channels() {
    return layer.out().channels();
  }

  int groups() {
    return Channels.groups(channels());
  }

  int height() {
    return layer.out().height();
  }

  int width() {
    return layer.out().width();
  }

  /** Returns the pixels of a picture. */
  int area() {
    return height() * width();
  }

  /** Returns how the pixels of a picture lie in z and in the gradients. */
  Layout layout() {
    return new Layout(pixel(), width() * pixel(), width());
  }

  /**
   * Returns all channels as kernels take them.
   *
   * @param outPixel floats from a pixel of the output to the next
   */
  View view(int outPixel) {
    return view(0, groups(), outPixel);
  }

  /** Returns some groups of channels. */
  View view(int firstGroup, int groups, int outPixel) {
    View view = new View(firstGroup, groups, outPixel);
    views.add(view);
    return view;
  }

  /** Returns whether the range of the activations is measured. */
  private boolean measures() {
    return rounding.filter(r -> !r.settled()).isPresent();
  }

  boolean frozen() {
    return frozen;
  }

  /** Returns the raw output. */
  Buffer z() {
    return z;
  }

  /** Returns the floats in scratch memory of a strip, if it is made there. */
  int stripSize(int pixels) {
    return streams ? pixels * pixel() : 0;
  }

  /**
   * Returns where to make a strip of z or of the gradient by the activations, if little is computed
   * for each value: where all do not fit into a cache, in scratch memory, since the processor would
   * wait for the memory that it is about to overwrite.
   */
  Buffer strip(Buffer whole, Scratch scratch) {
    return streams ? scratch.strip() : whole;
  }

  /**
   * Returns the offset in that buffer.
   *
   * @param inScratch the offset if it is scratch memory
   */
  int stripOffset(int firstPixel, int inScratch) {
    return streams ? inScratch : firstPixel * pixel();
  }

  /**
   * Gathers the statistics of a strip of z that was just made, and brings it there; strips come in
   * order.
   *
   * @param strip where it is: z or {@link #strip}
   */
  void gather(
      Chunk chunk, Buffer strip, int stripOffset, int firstPixel, int pixels, Scratch scratch) {
    bring(strip, stripOffset, z, firstPixel, pixels);
    if (measures()) {
      gatherExtremes(chunk, firstPixel, pixels, scratch);
    }
    if (frozen) {
      return;
    }
    int first = chunk.from() * area();
    if (firstPixel == first) {
      Arrays.fill(sums[chunk.index()], 0);
    }
    int end = firstPixel + pixels;
    for (int from = firstPixel; from < end; from += PIXELS_AT_ONCE) {
      int count = Math.min(PIXELS_AT_ONCE, end - from);
      int at = stripOffset + (from - firstPixel) * pixel();
      kernels.moments(summed.channels, count, strip, at, z, first * pixel(), scratch.sums(), 0);
      scratch.addSumsTo(sums[chunk.index()]);
    }
  }

  private void bring(Buffer strip, int stripOffset, Buffer whole, int firstPixel, int pixels) {
    if (strip != whole) {
      kernels.stream(pixels * pixel(), strip, stripOffset, whole, firstPixel * pixel());
    }
  }

  private void gatherExtremes(Chunk chunk, int firstPixel, int pixels, Scratch scratch) {
    float[] all = extremes[chunk.index()];
    int channels = channels();
    if (firstPixel == chunk.from() * area()) {
      Arrays.fill(all, 0, channels, Float.POSITIVE_INFINITY);
      Arrays.fill(all, channels, 2 * channels, Float.NEGATIVE_INFINITY);
    }
    float[] values = scratch.values();
    for (int p = firstPixel; p < firstPixel + pixels; p++) {
      z.get(p * pixel(), values, 0, channels);
      for (int c = 0; c < channels; c++) {
        all[c] = Math.min(all[c], values[c]);
        all[channels + c] = Math.max(all[channels + c], values[c]);
      }
    }
  }

  /** Returns the greatest value before the activation's upper end. */
  private float greatest(int n) {
    float greatest = 0;
    int channels = channels();
    for (int chunk = 0; chunk < Chunk.count(n); chunk++) {
      for (int i = 0; i < 2 * channels; i++) {
        int c = i % channels;
        greatest = Math.max(greatest, Math.fma(extremes[chunk][i], scale[c], shift[c]));
      }
    }
    return greatest;
  }

  /**
   * Makes mean and variance of what was gathered, and moves the running statistics.
   *
   * @param n pictures of the batch
   */
  void finishStatistics(int n) {
    double count = (double) n * area();
    if (frozen) {
      Arrays.setAll(means, c -> mean.values()[c]);
    } else {
      join(n);
    }
    for (int c = 0; c < means.length; c++) {
      if (!frozen && !settled) {
        double unbiased = variances[c] / Math.max(1, count - 1);
        mean.values()[c] += (float) (momentum * (means[c] - mean.values()[c]));
        variance.values()[c] += (float) (momentum * (unbiased - variance.values()[c]));
      }
      boolean running = frozen || settled;
      double subtracted = running ? mean.values()[c] : means[c];
      variances[c] /= count;
      std[c] = Math.sqrt((running ? variance.values()[c] : variances[c]) + epsilon);
      distance[c] = means[c] - subtracted;
      scale[c] = (float) (gamma.values()[c] / std[c]);
      // With the rounded scale: its error then grows with the distance from the mean, not with z.
      shift[c] = (float) (beta.values()[c] - subtracted * scale[c]);
      center[c] = (float) means[c];
    }
    norm.setForward(scale, shift, center);
    rounding.ifPresent(r -> {
      if (measures()) {
        r.observe(0, Math.min(greatest(n), activation.high()));
      }
      r.pack();
      Clamp clamp = new Clamp(0, Math.min(activation.high(), r.end()));
      views.forEach(view -> view.clamp(clamp));
    });
  }

  /**
   * Joins the moments of all chunks (Chan, Golub, LeVeque 1979: the mean of two parts, and what
   * their distance adds to the sum of squares). In place of the variances are then the sums of
   * squared distances from the means.
   */
  private void join(int n) {
    Arrays.fill(means, 0);
    Arrays.fill(variances, 0);
    double seen = 0;
    for (int index = 0; index < Chunk.count(n); index++) {
      Chunk chunk = Chunk.of(n, index);
      double[] sum = sums[index];
      double count = (double) (chunk.to() - chunk.from()) * area();
      z.get(chunk.from() * area() * pixel(), pivot, 0, pivot.length);
      for (int c = 0; c < means.length; c++) {
        double offset = sum[c] / count;
        double distance = pivot[c] + offset - means[c];
        double share = count / (seen + count);
        means[c] += distance * share;
        variances[c] += sum[pixel() + c] - sum[c] * offset + distance * distance * seen * share;
      }
      seen += count;
    }
  }

  /** Writes activations: z normalised, clamped and rounded. */
  void normalize(View view, int firstPixel, int pixels, Buffer y, int yOffset) {
    int offset = firstPixel * pixel() + view.firstGroup * Channels.GROUP;
    kernels.scaleShift(view.channels, pixels, z, offset, y, yOffset);
    for (Channelwise step : view.steps) {
      kernels.scaleShift(step, pixels, y, yOffset, y, yOffset);
    }
  }

  /**
   * Gathers what the gradient depends on from a strip of dy that was just made, and brings it
   * there; strips come in order.
   *
   * @param strip where it is: dy or {@link #strip}
   */
  void gatherGradient(
      Chunk chunk,
      Buffer strip,
      int stripOffset,
      Buffer dy,
      int firstPixel,
      int pixels,
      Scratch scratch) {
    bring(strip, stripOffset, dy, firstPixel, pixels);
    if (firstPixel == chunk.from() * area()) {
      Arrays.fill(sums[chunk.index()], 0);
    }
    int end = firstPixel + pixels;
    for (int from = firstPixel; from < end; from += PIXELS_AT_ONCE) {
      int offset = from * pixel();
      int at = stripOffset + (from - firstPixel) * pixel();
      int count = Math.min(PIXELS_AT_ONCE, end - from);
      kernels.normGradientSums(summed.channels, count, strip, at, z, offset, scratch.sums(), 0);
      scratch.addSumsTo(sums[chunk.index()]);
    }
  }

  /**
   * Makes the gradients of γ and β of what was gathered.
   *
   * <p>That by z is without what lies along the batch's mean and variance, also where others are
   * used for the last epochs: without that a network fell apart (docs/quantization.md). Such is
   * batch renormalisation (Ioffe, arXiv:1702.03275, with the r and d that follow from the running
   * statistics). Where the running statistics never moved it is the gradient of what is computed:
   * without that the batch's would leave them, unnoticed, and the loss rises.
   *
   * @param n pictures of the batch
   */
  void finishGradient(int n) {
    double count = (double) n * area();
    for (int c = 0; c < slope.length; c++) {
      double sum = 0;
      double product = 0;
      for (int chunk = 0; chunk < Chunk.count(n); chunk++) {
        sum += sums[chunk][c];
        product += sums[chunk][pixel() + c];
      }
      beta.gradient()[c] = (float) sum;
      gamma.gradient()[c] = (float) ((product + distance[c] * sum) / std[c]);
      double own = Math.sqrt(variances[c] + epsilon);
      slope[c] = fixed ? 0 : (float) (-scale[c] * product / (count * own * own));
      constant[c] = fixed ? 0 : (float) (-scale[c] * sum / count);
    }
    norm.setBackward(slope, constant);
  }

  /** Writes the gradient by z, from that by the activations. */
  void gradient(View view, Buffer dy, int firstPixel, int pixels, Buffer dz, int dzOffset) {
    int offset = firstPixel * pixel();
    kernels.normGradient(view.channels, pixels, dy, offset, z, offset, dz, dzOffset);
  }
}
