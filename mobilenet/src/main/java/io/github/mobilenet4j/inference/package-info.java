/** Running a network: weights compiled to an immutable plan, pictures to predictions. */
@NullMarked
package io.github.mobilenet4j.inference;

import org.jspecify.annotations.NullMarked;
