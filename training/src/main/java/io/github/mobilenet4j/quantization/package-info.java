/** Makes integers of 8 bits of a trained network, and tells what that costs. */
package io.github.mobilenet4j.quantization;
