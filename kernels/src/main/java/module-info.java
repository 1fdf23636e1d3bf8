/** Arithmetic on floats: plain loops, the Vector API, and machine code. */
module io.github.mobilenet4j.kernels {
  requires java.management;
  requires jdk.incubator.vector;
  requires jdk.management;

  exports io.github.mobilenet4j.kernels;
}
