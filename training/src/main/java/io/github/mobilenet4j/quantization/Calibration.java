package io.github.mobilenet4j.quantization;

import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Quantization;

/** Which part of an activation's values its integers cover; what lies outside is clamped. */
public enum Calibration {
  /** All that the images show. */
  MINMAX {
    @Override
    Range range(Distribution values) {
      return values.range();
    }
  },
  /** All but one of 10,000 values at either end. */
  PERCENTILE {
    @Override
    Range range(Distribution values) {
      return values.without(1e-4);
    }
  },
  /**
   * The part with the least mean squared error of the values, of a hundred shares of their range.
   */
  MSE {
    @Override
    Range range(Distribution values) {
      Range best = values.range();
      double least = error(values, best);
      for (int percent = 99; percent > 0; percent--) {
        Range range = values.range().scaled(percent / 100.0);
        double error = error(values, range);
        if (error < least) {
          least = error;
          best = range;
        }
      }
      return best;
    }

    private double error(Distribution values, Range range) {
      Quantization q = range.int8();
      return values.sum(value -> {
        double error = value - q.real(q.quantized((float) value, DataType.I8));
        return error * error;
      });
    }
  };

  /** Returns the range of the values. */
  abstract Range range(Distribution values);
}
