package io.github.mobilenet4j.server.protocol;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A request for inference.
 *
 * @param id what the answer is to be called, returned as it is
 * @param parameters of the request
 * @param inputs the tensors
 * @param outputs what is asked for; empty for everything
 */
public record InferRequest(
    Optional<String> id,
    Parameters parameters,
    List<Tensor> inputs,
    List<RequestedOutput> outputs) {
  /** So many inputs, and outputs, are read of a request. */
  static final int MOST_TENSORS = 16;

  /** Copies the lists. */
  public InferRequest {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /**
   * Returns how long the caller waits for the answer, Triton's parameter {@code timeout} in
   * microseconds, if it is there and not 0.
   *
   * @throws Refusal if it is negative
   */
  public Optional<Duration> timeout() {
    long microseconds = parameters.number("timeout").orElse(0);
    if (microseconds < 0) {
      throw Refusal.bad("timeout is %s, expected microseconds".formatted(microseconds));
    }
    return microseconds == 0
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(Math.min(microseconds, Long.MAX_VALUE / 1000) * 1000));
  }

  /** Returns whether outputs are wanted as bytes where nothing else is said of one. */
  public boolean binaryOutput() {
    return parameters.flag("binary_data_output").orElse(false);
  }
}
