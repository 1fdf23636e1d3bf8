/**
 * How good a model is: its answers on labelled pictures, and the measures made from them. Begin
 * with {@link io.github.mobilenet4j.evaluation.Evaluation}.
 */
@NullMarked
package io.github.mobilenet4j.evaluation;

import org.jspecify.annotations.NullMarked;
