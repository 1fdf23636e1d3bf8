/** Weights in other people's formats: {@link io.github.mobilenet4j.formats.Models} reads them. */
@SuppressWarnings("requires-automatic") // flatbuffers-java declares no module.
module io.github.mobilenet4j.formats {
  requires transitive io.github.mobilenet4j;
  requires flatbuffers.java;

  exports io.github.mobilenet4j.formats;
}
