/** The network as data: one table, from which shapes, parameters, names and costs are read. */
@NullMarked
package io.github.mobilenet4j.network;

import org.jspecify.annotations.NullMarked;
