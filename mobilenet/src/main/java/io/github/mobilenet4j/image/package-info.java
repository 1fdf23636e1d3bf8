/** Pictures: decoding, orientation, resizing, cropping, and the numbers that a network takes. */
package io.github.mobilenet4j.image;
