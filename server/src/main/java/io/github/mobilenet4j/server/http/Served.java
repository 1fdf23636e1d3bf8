package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.server.models.InferenceService;
import io.github.mobilenet4j.server.models.ModelRepository;
import io.github.mobilenet4j.server.protocol.ServerMetadata;
import java.util.function.BooleanSupplier;

/**
 * What stands behind the addresses.
 *
 * @param server what the server says of itself
 * @param models that there are
 * @param service computes
 * @param ready whether the server is
 */
public record Served(
    ServerMetadata server,
    ModelRepository models,
    InferenceService service,
    BooleanSupplier ready) {}
