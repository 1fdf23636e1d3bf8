/** Keras models, version 2 and 3: HDF5 files of layers and weights, alone or in an archive. */
package io.github.mobilenet4j.formats.keras;
