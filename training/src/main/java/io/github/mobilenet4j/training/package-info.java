/** Training a network: forward, backward, and what changes the weights in between. */
package io.github.mobilenet4j.training;
