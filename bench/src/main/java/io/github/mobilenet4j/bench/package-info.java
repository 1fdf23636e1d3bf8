/** The native engines beside this project, on the same network with the same weights. */
package io.github.mobilenet4j.bench;
