package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

/**
 * Fails if {@link VectorKernelsTest} did not test the width that it was run for. The module's
 * {@code pom.xml} runs both for each width.
 */
class RequestedWidthTest {
  @Test
  void kernelsHaveTheWidthAskedFor() {
    String kinds = System.getProperty("mobilenet4j.kernels");
    assumeTrue("vector".equals(kinds), () -> "skipped: mobilenet4j.kernels is set to " + kinds);
    int asked = Integer.getInteger("mobilenet4j.vectorBits", 0);
    assertThat(asked).as("mobilenet4j.vectorBits, set in pom.xml").isIn(128, 256, 512);
    if (asked <= Vectors.widestVectorBits()) {
      Kernels kernels = KernelChoice.current().kernels();
      assertThat(kernels).isInstanceOf(VectorKernels.class);
      assertThat(kernels.vectorBits()).isEqualTo(asked);
      assertThat(new VectorKernelsTest().create().vectorBits()).isEqualTo(asked);
    } else {
      assertThatThrownBy(KernelChoice::current)
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("no vectors of %s bits", asked);
    }
  }
}
