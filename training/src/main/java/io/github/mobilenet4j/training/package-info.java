/** Training a network: forward, backward, and what changes the weights in between. */
@NullMarked
package io.github.mobilenet4j.training;

import org.jspecify.annotations.NullMarked;
