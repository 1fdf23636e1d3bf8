/**
 * A training from its options to its run folder: the loop, checkpoints, and what is written for
 * people.
 */
@NullMarked
package io.github.mobilenet4j.training.run;

import org.jspecify.annotations.NullMarked;
