package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every implementation of {@link Kernels} has to do: give the bits of the {@link
 * Specification}, write nothing else, allocate nothing. A subclass supplies the implementation.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class KernelsContract {
  /** No clamp, ReLU, ReLU6, and one that cuts on both sides. */
  private static final List<Clamp> CLAMPS =
      List.of(
          Clamp.NONE,
          new Clamp(0, Float.POSITIVE_INFINITY),
          new Clamp(0, 6),
          new Clamp(-0.25f, 0.25f));

  private Kernels kernels;

  /** Returns the kernels, or skips all tests where this machine cannot run them. */
  abstract Kernels create();

  @BeforeAll
  void start() {
    kernels = create();
  }

  @ParameterizedTest
  @MethodSource
  void product(KernelCase.Product product) {
    product.check(kernels);
  }

  /** Sweeps over one number at a time; the others are drawn. */
  static Stream<KernelCase.Product> product() {
    Random random = new Random(1);
    List<KernelCase.Product> cases = new ArrayList<>();
    for (KernelCase.Kind kind : KernelCase.Kind.values()) {
      IntStream.concat(IntStream.rangeClosed(1, 40), IntStream.of(64, 100, 1024))
          .forEach(c -> cases.add(product(1, c, some(random, 70), some(random, 50), kind, random)));
      IntStream.rangeClosed(1, 12)
          .forEach(c -> cases.add(product(3, c, some(random, 70), some(random, 50), kind, random)));
      IntStream.concat(IntStream.rangeClosed(1, 70), IntStream.of(100, 128, 250, 257, 300, 530))
          .forEach(k -> cases.add(product(1, some(random, 40), k, some(random, 50), kind, random)));
      IntStream.rangeClosed(1, 50)
          .forEach(
              m -> cases.add(product(1, some(random, 40), some(random, 150), m, kind, random)));
    }
    return cases.stream();
  }

  private static KernelCase.Product product(
      int segments, int length, int k, int pixels, KernelCase.Kind kind, Random random) {
    // The pixels of a stem overlap; those of other products may have a gap between them.
    int aPixel = segments > 1 ? some(random, length) : length + random.nextInt(20);
    int aSegment = (pixels - 1) * aPixel + length + random.nextInt(20);
    int yPixel = Channels.padded(k) + random.nextInt(3) * Channels.GROUP;
    int columns = some(random, pixels);
    int yRow = columns * yPixel + random.nextInt(50);
    Clamp clamp = CLAMPS.get(random.nextInt(CLAMPS.size()));
    return new KernelCase.Product(
        segments * length,
        k,
        segments,
        new Layout(aPixel, aSegment, pixels),
        pixels,
        new Layout(yPixel, yRow, columns),
        random.nextInt(4) > 0,
        margin(random),
        clamp,
        new KernelCase.Values(random.nextLong(), kind));
  }

  @ParameterizedTest
  @MethodSource
  void depthwise(KernelCase.Depthwise row) {
    row.check(kernels);
  }

  static Stream<KernelCase.Depthwise> depthwise() {
    Random random = new Random(2);
    List<KernelCase.Depthwise> cases = new ArrayList<>();
    for (KernelCase.Kind kind : KernelCase.Kind.values()) {
      for (int stride = 1; stride <= 2; stride++) {
        for (int columns = 1; columns <= 20; columns++) {
          for (int channels : new int[] {some(random, 16), some(random, 100), some(random, 600)}) {
            int all = Channels.groups(channels);
            int first = random.nextInt(all);
            Clamp clamp = CLAMPS.get(random.nextInt(CLAMPS.size()));
            int xPixel = Channels.padded(channels) + random.nextInt(2) * Channels.GROUP;
            int taps = (columns - 1) * stride + 3 + random.nextInt(3);
            int yPixel = Channels.padded(channels) + random.nextInt(3) * Channels.GROUP;
            cases.add(
                new KernelCase.Depthwise(
                    channels,
                    first,
                    some(random, all - first),
                    stride,
                    new Layout(xPixel, taps * xPixel, taps),
                    new Layout(yPixel, 0, columns),
                    margin(random),
                    clamp,
                    new KernelCase.Values(random.nextLong(), kind)));
          }
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void averagePool(KernelCase.AveragePool pool) {
    pool.check(kernels);
  }

  static Stream<KernelCase.AveragePool> averagePool() {
    Random random = new Random(3);
    List<KernelCase.AveragePool> cases = new ArrayList<>();
    KernelCase.Kind[] kinds = KernelCase.Kind.values();
    for (int i = 0; i < 60; i++) {
      int groups = some(random, 20);
      int columns = some(random, 8);
      int xPixel = (groups + random.nextInt(2)) * Channels.GROUP;
      cases.add(
          new KernelCase.AveragePool(
              groups,
              some(random, 8),
              new Layout(xPixel, columns * xPixel + random.nextInt(50), columns),
              margin(random),
              new KernelCase.Values(random.nextLong(), kinds[i % kinds.length])));
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void transposed(TrainingCase.Transposed product) {
    product.check(kernels);
  }

  static Stream<TrainingCase.Transposed> transposed() {
    Random random = new Random(4);
    List<TrainingCase.Transposed> cases = new ArrayList<>();
    for (KernelCase.Kind kind : KernelCase.Kind.values()) {
      IntStream.concat(IntStream.rangeClosed(1, 40), IntStream.of(64, 100, 257))
          .forEach(rows -> cases.add(transposed(rows, some(random, 5), 20, kind, random)));
      IntStream.rangeClosed(1, 20)
          .forEach(groups -> cases.add(transposed(20, groups, 20, kind, random)));
      IntStream.concat(IntStream.rangeClosed(1, 10), IntStream.of(100, 300))
          .forEach(pixels -> cases.add(transposed(20, some(random, 5), pixels, kind, random)));
    }
    return cases.stream();
  }

  private static TrainingCase.Transposed transposed(
      int rows, int groups, int mostPixels, KernelCase.Kind kind, Random random) {
    return new TrainingCase.Transposed(
        rows,
        groups,
        some(random, mostPixels),
        // The windows of a stem overlap.
        some(random, rows + 20),
        groups * Channels.GROUP + random.nextInt(20),
        groups * Channels.GROUP + random.nextInt(20),
        margin(random),
        new KernelCase.Values(random.nextLong(), kind));
  }

  @ParameterizedTest
  @MethodSource
  void depthwiseGradient(TrainingCase.DepthwiseGradient gradient) {
    gradient.check(kernels);
  }

  static Stream<TrainingCase.DepthwiseGradient> depthwiseGradient() {
    Random random = new Random(5);
    List<TrainingCase.DepthwiseGradient> cases = new ArrayList<>();
    for (KernelCase.Kind kind : KernelCase.Kind.values()) {
      for (int stride = 1; stride <= 2; stride++) {
        for (int columns = 1; columns <= 16; columns++) {
          int groups = some(random, 20);
          int pixel = groups * Channels.GROUP;
          int xPixel = pixel + random.nextInt(20);
          int taps = (columns - 1) * stride + 3;
          int dzPixel = random.nextInt(4) == 0 ? 0 : pixel + random.nextInt(20);
          cases.add(
              new TrainingCase.DepthwiseGradient(
                  groups,
                  stride,
                  some(random, 4),
                  new Layout(xPixel, taps * xPixel + random.nextInt(50), taps),
                  new Layout(dzPixel, columns * dzPixel + random.nextInt(50), columns),
                  pixel + random.nextInt(20),
                  margin(random),
                  new KernelCase.Values(random.nextLong(), kind)));
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void channelwise(TrainingCase.Channelwise channelwise) {
    channelwise.check(kernels);
  }

  static Stream<TrainingCase.Channelwise> channelwise() {
    Random random = new Random(6);
    List<TrainingCase.Channelwise> cases = new ArrayList<>();
    for (TrainingCase.Function function : TrainingCase.Function.values()) {
      for (KernelCase.Kind kind : KernelCase.Kind.values()) {
        for (int groups = 1; groups <= 20; groups++) {
          int pixel = groups * Channels.GROUP;
          Clamp clamp = CLAMPS.get(random.nextInt(CLAMPS.size()));
          cases.add(
              new TrainingCase.Channelwise(
                  function,
                  random.nextInt(3),
                  groups,
                  some(random, 30),
                  random.nextInt(4) == 0 ? 0 : pixel + random.nextInt(20),
                  pixel + random.nextInt(20),
                  pixel + random.nextInt(20),
                  margin(random),
                  clamp,
                  new KernelCase.Values(random.nextLong(), kind)));
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void copying(TrainingCase.Copying copying) {
    copying.check(kernels);
  }

  static Stream<TrainingCase.Copying> copying() {
    Random random = new Random(9);
    return Stream.of(KernelCase.Kind.values())
        .flatMap(kind ->
            IntStream.rangeClosed(1, 20)
                .mapToObj(number ->
                    new TrainingCase.Copying(
                        number % 2 == 0,
                        (number + 1) / 2,
                        margin(random),
                        new KernelCase.Values(random.nextLong(), kind))));
  }

  @Test
  void outputsInPlaceOfInputs() {
    Random random = new Random(7);
    KernelCase.Values values = new KernelCase.Values(8, KernelCase.Kind.ORDINARY);
    int groups = 5;
    int pixels = 7;
    int channels = groups * Channels.GROUP;
    PackedBatchNorm norm = new PackedBatchNorm(kernels, channels);
    norm.setForward(
        values.of(channels, random), values.of(channels, random), values.of(channels, random));
    norm.setBackward(values.of(channels, random), values.of(channels, random));
    Buffer x = KernelCase.floats(kernels, values.of(pixels * channels, random));
    Buffer z = KernelCase.floats(kernels, values.of(pixels * channels, random));
    Buffer y = kernels.allocate(x.length());
    TrainingKernels training = kernels.training();

    Clamp clamp = new Clamp(0, 1);
    TrainingKernels.Channelwise all =
        new TrainingKernels.Channelwise(norm, 0, groups, channels, channels, channels, clamp);

    training.normGradient(all, pixels, x, 0, z, 0, y, 0);
    training.normGradient(all, pixels, x, 0, z, 0, x, 0);
    assertThat(KernelCase.values(x)).isEqualTo(KernelCase.values(y));
    training.scaleShift(all, pixels, x, 0, y, 0);
    training.scaleShift(all, pixels, x, 0, x, 0);
    assertThat(KernelCase.values(x)).isEqualTo(KernelCase.values(y));
  }

  private static int some(Random random, int most) {
    return 1 + random.nextInt(most);
  }

  private static int margin(Random random) {
    return random.nextBoolean() ? KernelCase.MARGIN : 0;
  }

  private static List<KernelCase> all() {
    return Stream.of(
            product(),
            depthwise(),
            averagePool(),
            transposed(),
            depthwiseGradient(),
            channelwise(),
            copying())
        .<KernelCase>flatMap(c -> c)
        .toList();
  }

  /** The cases before this ran in the interpreter, for the most part. */
  @Test
  void compiledCodeGivesTheSameBits() {
    List<KernelCase> cases = all();
    for (int turn = 0; turn < 5; turn++) {
      cases.forEach(kernelCase -> kernelCase.check(kernels));
    }
  }

  @Test
  void warmCallsAllocateNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    List<Runnable> calls =
        all().stream().map(kernelCase -> kernelCase.prepare(kernels).kernel()).toList();
    long end = System.nanoTime() + 60_000_000_000L;
    long bytes;
    do {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < calls.size(); i++) {
        calls.get(i).run();
      }
      bytes = threads.getCurrentThreadAllocatedBytes() - before;
    } while (bytes > 0 && System.nanoTime() < end);
    assertThat(bytes).as("bytes allocated by a run over all cases").isZero();
  }
}
