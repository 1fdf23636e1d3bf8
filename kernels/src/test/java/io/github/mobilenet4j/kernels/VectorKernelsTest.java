package io.github.mobilenet4j.kernels;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** The Vector API at the width that {@code mobilenet4j.vectorBits} asks for. */
class VectorKernelsTest extends KernelsContract {
  @Override
  Kernels create() {
    int asked = Processor.requestedVectorBits();
    int widest = Vectors.widestVectorBits();
    assumeTrue(asked <= widest, "skipped: no vectors of " + asked + " bits here");
    return new VectorKernels();
  }
}
