/**
 * Weights in other people's formats: {@link io.github.mobilenet4j.formats.Models} reads them and
 * {@link io.github.mobilenet4j.formats.Export} writes them.
 */
@SuppressWarnings("requires-automatic") // These libraries declare no modules.
module io.github.mobilenet4j.formats {
  requires transitive io.github.mobilenet4j;
  requires com.google.protobuf;
  requires flatbuffers.java;
  requires io.jhdf;
  requires static org.jspecify;

  exports io.github.mobilenet4j.formats;
}
