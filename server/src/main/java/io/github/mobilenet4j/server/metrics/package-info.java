/** What the service measures of itself, for Prometheus. */
@NullMarked
package io.github.mobilenet4j.server.metrics;

import org.jspecify.annotations.NullMarked;
