package io.github.mobilenet4j.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.KernelsHere;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PrecisionTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.5).input(64, 96).classes(10).build();

  /** Integers as a converter would make them, of random values. */
  private static Weights.Quantized integers(QuantizedLayer.Rounding rounding) {
    Random random = new Random(1);
    Map<String, QuantizedLayer> layers = new HashMap<>();
    for (Layer layer : NETWORK.layers()) {
      if (layer.kernelValues() == 0) {
        continue;
      }
      byte[] kernel = new byte[(int) layer.kernelValues()];
      random.nextBytes(kernel);
      int channels = layer.out().channels();
      float[] scales = new float[channels];
      Arrays.fill(scales, (float) (1 / (70 * Math.sqrt(kernel.length / (double) channels))));
      int zeroPoint = layer instanceof Layer.Classifier ? 3 : -128;
      layers.put(
          layer.name(),
          new QuantizedLayer(
              DataType.I8,
              kernel,
              scales,
              layer.name().equals("stem") ? -100 : 0,
              new int[channels],
              new Quantization(6 / 255f, zeroPoint),
              QuantizedLayer.Product.DOUBLE,
              rounding));
    }
    return new Weights.Quantized(
        NETWORK,
        DataType.I8,
        new Quantization(1 / 128f, 0),
        layers,
        new Weights.Quantized.Ends(
            DataType.I8, new Quantization(6 / 255f, -128), false, Optional.empty(), DataType.I8));
  }

  private static Weights.Quantized integers() {
    return integers(QuantizedLayer.Rounding.TWICE);
  }

  private static Weights weights(Precision precision) {
    return precision == Precision.INT8 ? integers() : RandomWeights.of(NETWORK, 1);
  }

  private static float[] images(int n) {
    Random random = new Random(2);
    float[] x = new float[n * (int) NETWORK.input().size()];
    for (int i = 0; i < x.length; i++) {
      // Noise alone would look the same to the network, whichever it is.
      x[i] = 0.4f * (i / (int) NETWORK.input().size() - 2) + 0.2f * random.nextFloat();
    }
    return x;
  }

  @ParameterizedTest
  @EnumSource
  void givesTheSameBitsOnAnyThreadsAndAllocatesNothing(Precision precision) {
    int n = 5;
    float[] x = images(n);
    InferencePlan plan = InferencePlan.compile(NETWORK, weights(precision), precision);
    float[] expected = null;
    for (int threads : new int[] {1, 2, 3, 8}) {
      for (int batch : new int[] {1, n}) {
        float[] all = new float[n * NETWORK.outputs()];
        try (Session session = new Session(plan, batch, threads)) {
          float[] some = new float[batch * NETWORK.outputs()];
          for (int from = 0; from < n; from += batch) {
            int size = (int) NETWORK.input().size();
            float[] images = Arrays.copyOfRange(x, from * size, (from + batch) * size);
            session.run(images, batch, some);
            System.arraycopy(some, 0, all, from * NETWORK.outputs(), some.length);
          }
          if (threads == 1 && batch == 1) {
            assertThat(allocated(session, x, some)).isZero();
          }
        }
        expected = expected == null ? all : expected;
        assertThat(all).as("%s threads, batch %s", threads, batch).isEqualTo(expected);
      }
    }
    assertThat(Arrays.copyOfRange(expected, 0, 10)).doesNotContain(Float.NaN);
  }

  /** Plain loops compute as the specification says, with any rounding. */
  @ParameterizedTest
  @EnumSource
  void integersAreTheSameWithAllKernels(QuantizedLayer.Rounding rounding) {
    Weights weights = integers(rounding);
    byte[] x = new byte[(int) NETWORK.input().size()];
    new Random(3).nextBytes(x);
    List<Kernels> all = KernelsHere.all();
    byte[] expected = null;
    for (Kernels kernels : all) {
      byte[] y = new byte[NETWORK.outputs()];
      try (Session session = new Session(InferencePlan.compile(NETWORK, weights, kernels), 1, 2)) {
        session.run(x, 1, y);
      }
      expected = expected == null ? y : expected;
      assertThat(y).as("%s, %s", kernels.name(), kernels.quantized().name()).isEqualTo(expected);
    }
  }

  private static long allocated(Session session, float[] x, float[] result) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long end = System.nanoTime() + 30_000_000_000L;
    long bytes;
    do {
      long before = threads.getCurrentThreadAllocatedBytes();
      session.run(x, 1, result);
      bytes = threads.getCurrentThreadAllocatedBytes() - before;
    } while (bytes > 0 && System.nanoTime() < end);
    return bytes;
  }

  /** A bfloat16 has a relative error of at most 2^-9; those of many products mostly cancel. */
  @Test
  void bfloat16IsNearFloat32() {
    float[] x = images(1);
    Weights weights = weights(Precision.FLOAT32);
    float[] floats = new float[NETWORK.outputs()];
    float[] halves = new float[NETWORK.outputs()];
    try (Session session = Session.of(NETWORK, weights, Precision.FLOAT32, 1, 1)) {
      session.run(x, 1, floats);
    }
    try (Session session = Session.of(NETWORK, weights, Precision.BFLOAT16, 1, 1)) {
      session.run(x, 1, halves);
    }
    float largest = 0;
    float difference = 0;
    for (int i = 0; i < floats.length; i++) {
      largest = Math.max(largest, Math.abs(floats[i]));
      difference = Math.max(difference, Math.abs(floats[i] - halves[i]));
    }
    assertThat(difference / largest).isBetween(1e-6f, 0.03f);
  }

  @Test
  void integersAreNotMadeOfFloatsSilently() {
    assertThatThrownBy(
            () -> InferencePlan.compile(NETWORK, weights(Precision.FLOAT32), Precision.INT8))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("quantise");
    assertThat(InferencePlan.compile(NETWORK, integers()).precision()).isEqualTo(Precision.INT8);
    assertThat(InferencePlan.compile(NETWORK, integers(), Precision.FLOAT32).precision())
        .isEqualTo(Precision.FLOAT32);
  }
}
