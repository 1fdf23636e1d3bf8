/** Arithmetic on float arrays: plain loops and their Vector API twins. */
module io.github.mobilenet4j.kernels {
  requires jdk.incubator.vector;

  exports io.github.mobilenet4j.kernels;
}
