package io.github.mobilenet4j.kernels;

/** The Vector API at the width that {@code mobilenet4j.vectorBits} asks for. */
class VectorKernelsTest extends KernelsContract {
  @Override
  Kernels create() {
    return new VectorKernels();
  }
}
