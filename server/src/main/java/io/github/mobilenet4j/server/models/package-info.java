/** The models that are served, by name and version, and what a request asks of them. */
@NullMarked
package io.github.mobilenet4j.server.models;

import org.jspecify.annotations.NullMarked;
