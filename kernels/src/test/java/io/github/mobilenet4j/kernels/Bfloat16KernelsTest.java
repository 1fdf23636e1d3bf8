package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every implementation of {@link Bfloat16Kernels} gives the bits of the loops written down here.
 */
class Bfloat16KernelsTest {
  enum Implementation {
    PLAIN(null),
    MACHINE_CODE_FLOAT32(null),
    AVX512_BF16(Instructions.AVX512_BF16),
    AMX(Instructions.AMX_BF16);

    final Instructions instructions;

    Implementation(Instructions instructions) {
      this.instructions = instructions;
    }

    Kernels kernels() {
      if (this == PLAIN) {
        return new PlainKernels();
      }
      assumeTrue(Processor.widestVectorBits() > 0, "skipped: no machine code here");
      return new MachineCodeKernels(Processor.widestVectorBits());
    }

    Bfloat16Kernels create(Kernels kernels) {
      if (instructions == null) {
        return new RoundingBfloat16Kernels(kernels);
      }
      String obstacle = instructions.obstacle(Processor.widestVectorBits());
      assumeTrue(obstacle == null, "skipped: no " + this + " here: " + obstacle);
      return new MachineCodeBfloat16Kernels(instructions, kernels);
    }
  }

  /** By the definition: of the two neighbours that are bfloat16 the nearer, or the even one. */
  private static float rounded(float value) {
    int bits = Float.floatToRawIntBits(value);
    float below = Float.intBitsToFloat(bits & 0xffff0000);
    float above = Float.intBitsToFloat((bits & 0xffff0000) + 0x10000);
    double down = Math.abs((double) value - below);
    double up = Math.abs((double) above - value);
    boolean even = (bits >>> 16 & 1) == 0;
    return down < up || down == up && even ? below : above;
  }

  @ParameterizedTest
  @EnumSource
  void givesTheBitsOfTheSpecification(Implementation implementation) {
    Kernels all = implementation.kernels();
    Bfloat16Kernels kernels = implementation.create(all);
    Random random = new Random(5);
    for (int turn = 0; turn < 300; turn++) {
      int c = 1 + random.nextInt(turn % 10 == 0 ? 300 : 60);
      int k = 1 + random.nextInt(150);
      int pixels = 1 + random.nextInt(40);
      int pixel = Channels.padded(c) + 16 * random.nextInt(2);
      int yPixel = Channels.padded(k);
      float[] b = floats(c * k, random);
      float[] bias = floats(k, random);
      float[] x = new float[pixels * pixel];
      for (int m = 0; m < pixels; m++) {
        System.arraycopy(floats(c, random), 0, x, m * pixel, c);
      }
      Clamp clamp = new Clamp(0, 6);
      Kernels.Product product =
          kernels.product(
              new Bfloat16Kernels.Matrix(c, k, b, bias), pixel, Layout.line(yPixel), clamp);
      Buffer from = KernelCase.floats(all, x);
      Buffer a = all.allocate(x.length + 16);
      Buffer y = all.allocate(pixels * yPixel);
      kernels.round(from, 0, x.length, a, 16);
      for (int panel = 0; panel < product.matrix().panels(); panel++) {
        kernels.multiply(product, panel, pixels, a, 16, y, 0);
      }
      float[] found = KernelCase.values(y);
      for (int m = 0; m < pixels; m++) {
        for (int column = 0; column < k; column++) {
          float[] values = new float[c + c % 2];
          float[] weights = new float[c + c % 2];
          for (int i = 0; i < c; i++) {
            values[i] = rounded(x[m * pixel + i]);
            weights[i] = rounded(b[i * k + column]);
          }
          float sum =
              implementation == Implementation.AMX
                  ? sumByTiles(values, weights, bias[column])
                  : sum(values, weights, bias[column]);
          float expected = sum < 0 ? 0 : sum > 6 ? 6 : sum;
          assertThat(Float.floatToIntBits(found[m * yPixel + column]))
              .as("%s: turn %s, pixel %s, column %s", kernels.name(), turn, m, column)
              .isEqualTo(Float.floatToIntBits(expected));
        }
      }
    }
  }

  /** The second of a pair first. */
  private static float sum(float[] values, float[] weights, float bias) {
    float sum = bias;
    for (int i = 0; i < values.length; i += 2) {
      sum = Math.fma(values[i + 1], weights[i + 1], sum);
      sum = Math.fma(values[i], weights[i], sum);
    }
    return sum;
  }

  /** First and second of the pairs apart, as many pairs as divide all and are at most 16. */
  private static float sumByTiles(float[] values, float[] weights, float bias) {
    int pairs = values.length / 2;
    int atOnce = Math.min(pairs, 16);
    while (pairs % atOnce != 0) {
      atOnce--;
    }
    float sum = bias;
    for (int begin = 0; begin < pairs; begin += atOnce) {
      float first = 0;
      float second = 0;
      for (int p = begin; p < begin + atOnce; p++) {
        first = Math.fma(values[2 * p], weights[2 * p], first);
        second = Math.fma(values[2 * p + 1], weights[2 * p + 1], second);
      }
      sum += first + second;
    }
    return sum;
  }

  private static float[] floats(int length, Random random) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = 2 * random.nextFloat() - 1;
    }
    return values;
  }
}
