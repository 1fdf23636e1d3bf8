/**
 * An inference service: the Open Inference Protocol v2 by REST and gRPC on one port. Begin with
 * {@link io.github.mobilenet4j.server.InferenceServer}.
 */
@SuppressWarnings("requires-automatic") // These libraries declare no modules.
module io.github.mobilenet4j.server {
  requires transitive io.github.mobilenet4j;
  requires com.google.protobuf;
  requires io.github.mobilenet4j.formats;
  requires io.github.mobilenet4j.training;
  requires java.desktop;
  requires io.prometheus.metrics.core;
  requires io.prometheus.writer.text;
  requires io.prometheus.metrics.instrumentation.jvm;
  requires io.prometheus.metrics.model;
  requires org.eclipse.jetty.alpn.server;
  requires org.eclipse.jetty.http2.server;
  requires org.eclipse.jetty.server;
  requires tools.jackson.core;
  requires static org.jspecify;

  exports io.github.mobilenet4j.server;
  exports io.github.mobilenet4j.server.http;
  exports io.github.mobilenet4j.server.models;
  exports io.github.mobilenet4j.server.studio;
}
