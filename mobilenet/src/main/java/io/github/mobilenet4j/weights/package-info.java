/** Trained values by name, the model file that holds them, and names used elsewhere. */
package io.github.mobilenet4j.weights;
