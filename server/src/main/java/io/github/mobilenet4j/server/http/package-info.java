/**
 * The service's addresses, on Jetty: {@link io.github.mobilenet4j.server.http.Route}s that the
 * {@link io.github.mobilenet4j.server.http.Router} finds, and what guards them.
 */
@NullMarked
package io.github.mobilenet4j.server.http;

import org.jspecify.annotations.NullMarked;
