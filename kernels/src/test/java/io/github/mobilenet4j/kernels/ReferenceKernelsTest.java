package io.github.mobilenet4j.kernels;

class ReferenceKernelsTest extends KernelsContract {
  @Override
  Kernels create() {
    return new ReferenceKernels();
  }
}
