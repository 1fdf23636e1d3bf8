/**
 * The Open Inference Protocol v2, without any network: requests and answers as records, their JSON,
 * the extension of binary tensors, and the messages of gRPC.
 */
@NullMarked
package io.github.mobilenet4j.server.protocol;

import org.jspecify.annotations.NullMarked;
