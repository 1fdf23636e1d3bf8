package io.github.mobilenet4j.kernels;

import org.junit.jupiter.api.Test;

/** {@link QuantizedKernelsTest} at the width that {@code mobilenet4j.vectorBits} asks for. */
class VectorQuantizedKernelsTest {
  @Test
  void givesTheBytesOfTheSpecificationAndAllocatesNothing() {
    new QuantizedKernelsTest()
        .givesTheBytesOfTheSpecificationAndAllocatesNothing(
            QuantizedKernelsTest.Implementation.VECTOR);
  }
}
