package io.github.mobilenet4j.server.protocol;

import java.util.List;
import java.util.Optional;

/**
 * The answer to a request for inference.
 *
 * @param model which model answers
 * @param version which version of it
 * @param id the request's
 * @param outputs in the order that was asked for
 */
public record InferResponse(
    String model, String version, Optional<String> id, List<Tensor> outputs) {}
