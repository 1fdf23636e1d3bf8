package io.github.mobilenet4j.kernels;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

class MachineCode512Test extends KernelsContract {
  @Override
  Kernels create() {
    assumeTrue(Processor.widestVectorBits() >= 512, "skipped: no machine code of 512 bits here");
    return new MachineCodeKernels(512);
  }
}
