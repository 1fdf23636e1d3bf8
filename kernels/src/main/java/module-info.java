/** Arithmetic on floats: plain loops, the Vector API, and machine code. */
module io.github.mobilenet4j.kernels {
  requires java.management;
  requires jdk.management;
  // Where it is there (--add-modules) and machine code does not run.
  requires static jdk.incubator.vector;
  requires static org.jspecify;

  exports io.github.mobilenet4j.kernels;
}
