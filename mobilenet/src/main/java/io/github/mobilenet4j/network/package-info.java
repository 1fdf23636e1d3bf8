/** The network as data: one table, from which shapes, parameters, names and costs are read. */
package io.github.mobilenet4j.network;
