/**
 * Weights in other people's formats: {@link io.github.mobilenet4j.formats.Models} reads them,
 * {@link io.github.mobilenet4j.formats.Export} writes them, and {@link
 * io.github.mobilenet4j.hub.Hub} downloads them.
 */
@SuppressWarnings("requires-automatic") // These libraries declare no modules.
module io.github.mobilenet4j.formats {
  requires transitive io.github.mobilenet4j;
  requires com.google.protobuf;
  requires flatbuffers.java;
  requires io.jhdf;
  requires java.net.http;

  exports io.github.mobilenet4j.formats;
  exports io.github.mobilenet4j.hub;
}
