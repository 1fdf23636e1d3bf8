package io.github.mobilenet4j.server.protocol;

import java.util.List;

/** The values of a tensor, row by row. */
public sealed interface TensorData {
  /** Returns how many there are. */
  int count();

  /**
   * Of a tensor of datatype FP32.
   *
   * @param values not copied
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Floats(float[] values) implements TensorData {
    @Override
    public int count() {
      return values.length;
    }
  }

  /**
   * Of a tensor of datatype BYTES.
   *
   * @param elements each any bytes, such as an encoded image or a text in UTF-8
   */
  record Elements(List<byte[]> elements) implements TensorData {
    @Override
    public int count() {
      return elements.size();
    }
  }
}
