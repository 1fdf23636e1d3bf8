package io.github.mobilenet4j.server.protocol;

import java.util.List;
import java.util.Map;

/**
 * What a model is.
 *
 * @param name what it is called
 * @param versions those that are there
 * @param platform what it is a model of
 * @param inputs what it takes
 * @param outputs what it gives
 * @param properties anything else
 */
public record ModelMetadata(
    String name,
    List<String> versions,
    String platform,
    List<TensorMetadata> inputs,
    List<TensorMetadata> outputs,
    Map<String, String> properties) {}
