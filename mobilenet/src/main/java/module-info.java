/**
 * MobileNet V1: the network, its pictures, its weights and its inference. Begin with {@link
 * io.github.mobilenet4j.inference.Classifier}.
 */
@SuppressWarnings("module") // formats is compiled later.
module io.github.mobilenet4j {
  requires transitive io.github.mobilenet4j.kernels;
  requires java.desktop;
  requires org.slf4j;

  exports io.github.mobilenet4j;
  exports io.github.mobilenet4j.data;
  exports io.github.mobilenet4j.evaluation;
  exports io.github.mobilenet4j.files to
      io.github.mobilenet4j.formats;
  exports io.github.mobilenet4j.image;
  exports io.github.mobilenet4j.inference;
  exports io.github.mobilenet4j.network;
  exports io.github.mobilenet4j.report;
  exports io.github.mobilenet4j.training;
  exports io.github.mobilenet4j.weights;
}
