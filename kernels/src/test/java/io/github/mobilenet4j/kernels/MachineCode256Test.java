package io.github.mobilenet4j.kernels;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

class MachineCode256Test extends KernelsContract {
  @Override
  Kernels create() {
    assumeTrue(Processor.widestVectorBits() >= 256, "skipped: no machine code of 256 bits here");
    return new MachineCodeKernels(256);
  }
}
