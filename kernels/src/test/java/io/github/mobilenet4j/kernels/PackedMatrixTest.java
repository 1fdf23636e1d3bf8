package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackedMatrixTest {
  private final Kernels kernels = new PlainKernels();

  @ParameterizedTest
  @CsvSource({"1,1", "1,300", "300,1", "64,64", "65,257", "130,520"})
  void transposeAndRefill(int rows, int columns) {
    Random random = new Random(1);
    float[] values = new float[rows * columns];
    float[] transposed = new float[values.length];
    for (int r = 0; r < rows; r++) {
      for (int k = 0; k < columns; k++) {
        values[r * columns + k] = random.nextFloat();
        transposed[k * rows + r] = values[r * columns + k];
      }
    }
    PackedMatrix fresh = new PackedMatrix(kernels, rows, columns, values, new float[columns]);

    PackedMatrix refilled = new PackedMatrix(kernels, rows, columns);
    refilled.set(transposed);
    refilled.set(values);
    assertThat(refilled.values().array()).isEqualTo(fresh.values().array());
    refilled.set(transposed);
    refilled.setTransposed(transposed);
    assertThat(refilled.values().array()).isEqualTo(fresh.values().array());
  }
}
