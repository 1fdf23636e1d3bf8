/** Data sets of pictures, and the batches that a network learns from. */
package io.github.mobilenet4j.data;
