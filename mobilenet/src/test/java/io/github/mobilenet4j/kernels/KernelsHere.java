package io.github.mobilenet4j.kernels;

import java.util.ArrayList;
import java.util.List;

/** Every implementation that this machine and JVM can run, for the tests of this module. */
public final class KernelsHere {
  private KernelsHere() {}

  /** Returns plain loops, the Vector API, and machine code of each width, as far as they run. */
  public static List<Kernels> all() {
    List<Kernels> all = new ArrayList<>(List.of(new PlainKernels()));
    if (Vectors.widestVectorBits() >= 128) {
      all.add(new VectorKernels());
    }
    for (int bits = 256; bits <= Processor.widestVectorBits(); bits *= 2) {
      all.add(new MachineCodeKernels(bits));
    }
    return all;
  }
}
