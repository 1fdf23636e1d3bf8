package io.github.mobilenet4j.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Quantization;
import org.junit.jupiter.api.Test;

class CalibrationTest {
  private static final int COUNT = 200_000;

  /** Equally distributed over 0 to 1, and one value far off. */
  private static float[] withOutlier(float outlier) {
    float[] values = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      values[i] = (i + 0.5f) / COUNT;
    }
    values[7] = outlier;
    return values;
  }

  private static Distribution distribution(float[] values) {
    double low = 0;
    double high = 0;
    for (float value : values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    Distribution distribution = new Distribution(new Range(low, high));
    distribution.add(values, values.length);
    return distribution;
  }

  @Test
  void minmaxIsAll() {
    assertThat(Calibration.MINMAX.range(distribution(withOutlier(9)))).isEqualTo(new Range(0, 9));
    assertThat(Calibration.MINMAX.range(distribution(withOutlier(-9))))
        .isEqualTo(new Range(-9, (COUNT - 0.5f) / COUNT));
  }

  @Test
  void percentileLeavesOneOf10000Out() {
    // Intervals are 2/4096 wide.
    Range range = Calibration.PERCENTILE.range(distribution(withOutlier(2)));
    assertThat(range.high()).isCloseTo(0.9999, within(2.0 / 4096));
    assertThat(range.low()).isZero();
    range = Calibration.PERCENTILE.range(distribution(withOutlier(-2)));
    assertThat(range.low()).isCloseTo(0, within(3.0 / 4096));
  }

  /** The errors of the values themselves, not of their intervals. */
  @Test
  void mseIsTheRangeOfLeastError() {
    float outlier = 1.3f;
    float[] values = withOutlier(outlier);
    Range found = Calibration.MSE.range(distribution(values));
    double least = Double.POSITIVE_INFINITY;
    for (int percent = 1; percent <= 100; percent++) {
      least = Math.min(least, error(values, new Range(0, outlier * percent / 100.0)));
    }
    assertThat(found.high()).isBetween(1.0, 1.2);
    assertThat(error(values, found)).isCloseTo(least, within(0.01 * least));
  }

  private static double error(float[] values, Range range) {
    Quantization q = range.int8();
    double sum = 0;
    for (float value : values) {
      double difference = value - q.real(q.quantized(value, DataType.I8));
      sum += difference * difference;
    }
    return sum;
  }
}
