/** Running a network: weights compiled to an immutable plan, pictures to predictions. */
package io.github.mobilenet4j.inference;
