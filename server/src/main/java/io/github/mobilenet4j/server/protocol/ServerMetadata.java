package io.github.mobilenet4j.server.protocol;

import java.util.List;

/**
 * What the server is.
 *
 * @param name what it is called
 * @param version its version
 * @param extensions of the protocol
 */
public record ServerMetadata(String name, String version, List<String> extensions) {}
