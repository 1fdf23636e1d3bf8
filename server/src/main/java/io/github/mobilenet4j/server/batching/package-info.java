/**
 * Who is let in, and what is computed next: a queue of images with deadlines, of which a free
 * worker takes what is there. It knows neither networks nor HTTP.
 */
@NullMarked
package io.github.mobilenet4j.server.batching;

import org.jspecify.annotations.NullMarked;
