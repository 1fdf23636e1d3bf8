package io.github.mobilenet4j.server.protocol;

import java.util.List;

/**
 * What an input or output of a model is.
 *
 * @param name what it is called
 * @param datatype of its values
 * @param shape its sides, −1 for any
 */
public record TensorMetadata(String name, String datatype, List<Long> shape) {}
