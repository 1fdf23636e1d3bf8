/** An inference service. Begin with {@link io.github.mobilenet4j.server.InferenceServer}. */
@NullMarked
package io.github.mobilenet4j.server;

import org.jspecify.annotations.NullMarked;
