package io.github.mobilenet4j;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.mobilenet4j.kernels.KernelChoice;

/** For tests of native memory, which only machine code has; other kernels work on Java's heap. */
public final class NativeKernels {
  private NativeKernels() {}

  /** Skips a test where other kernels run. */
  public static void assume() {
    String name = KernelChoice.current().kernels().name();
    assumeTrue(name.startsWith("machine code"), "skipped: no native memory with " + name);
  }
}
