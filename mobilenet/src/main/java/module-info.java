/** MobileNet V1: the network, its images, its weights and its inference. */
module io.github.mobilenet4j {
  requires transitive io.github.mobilenet4j.kernels;
  requires java.desktop;
  requires org.slf4j;

  exports io.github.mobilenet4j;
  exports io.github.mobilenet4j.image;
  exports io.github.mobilenet4j.inference;
  exports io.github.mobilenet4j.network;
  exports io.github.mobilenet4j.weights;
}
