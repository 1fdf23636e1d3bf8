/** Arithmetic on floats: plain loops, the Vector API, and machine code. */
module io.github.mobilenet4j.kernels {
  requires jdk.incubator.vector;

  exports io.github.mobilenet4j.kernels;
}
