/** Trained values by name, the model file that holds them, and names used elsewhere. */
@NullMarked
package io.github.mobilenet4j.weights;

import org.jspecify.annotations.NullMarked;
