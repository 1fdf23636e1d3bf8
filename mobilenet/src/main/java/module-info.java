/**
 * MobileNet V1: the network, its images, its weights and its inference. Begin with {@link
 * io.github.mobilenet4j.inference.Classifier}.
 */
@SuppressWarnings("module") // The modules named here are compiled later.
module io.github.mobilenet4j {
  requires transitive io.github.mobilenet4j.kernels;
  requires transitive java.desktop;
  requires static org.jspecify;

  uses io.github.mobilenet4j.weights.BundledModel;

  exports io.github.mobilenet4j;
  exports io.github.mobilenet4j.explanation;
  exports io.github.mobilenet4j.files to
      io.github.mobilenet4j.cli,
      io.github.mobilenet4j.formats,
      io.github.mobilenet4j.hub,
      io.github.mobilenet4j.server,
      io.github.mobilenet4j.training;
  exports io.github.mobilenet4j.image;
  exports io.github.mobilenet4j.inference;
  exports io.github.mobilenet4j.network;
  exports io.github.mobilenet4j.weights;
}
