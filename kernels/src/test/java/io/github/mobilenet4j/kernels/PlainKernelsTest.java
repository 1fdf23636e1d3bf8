package io.github.mobilenet4j.kernels;

class PlainKernelsTest extends KernelsContract {
  @Override
  Kernels create() {
    return new PlainKernels();
  }
}
