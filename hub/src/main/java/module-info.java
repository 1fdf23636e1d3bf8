/** Models by name: {@link io.github.mobilenet4j.hub.Hub} downloads, checks and caches them. */
module io.github.mobilenet4j.hub {
  requires transitive io.github.mobilenet4j;
  requires java.net.http;
  requires static org.jspecify;

  exports io.github.mobilenet4j.hub;
}
