package io.github.mobilenet4j.server.protocol;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The data of a tensor as JSON has it: numbers or strings, flat or an array for each side. What
 * they are a tensor of may be said before or after them.
 */
final class JsonValues {
  private static final int FIRST = 4096;

  private final String what;
  private final List<String> strings = new ArrayList<>();
  private float[] numbers = {};
  private int count;

  /** How deep the values lie, 0 while there are none. */
  private int leaves;

  /** The length of every array so deep, −1 while none has ended. */
  private final long[] lengths = new long[Tensor.MOST_SIDES + 1];

  private JsonValues(String what) {
    this.what = what;
    Arrays.fill(lengths, -1);
  }

  /**
   * Reads an array, whose beginning the parser has just read.
   *
   * @param what is read, for messages
   */
  static JsonValues read(String what, JsonParser parser) {
    JsonValues values = new JsonValues(what);
    if (!parser.isExpectedStartArrayToken()) {
      throw Refusal.bad(what + " is no array");
    }
    values.read(parser);
    return values;
  }

  private void read(JsonParser parser) {
    long[] counts = new long[lengths.length];
    int depth = 1;
    while (depth > 0) {
      JsonToken token = parser.nextToken();
      switch (token) {
        case VALUE_NUMBER_FLOAT, VALUE_NUMBER_INT -> {
          leaf(depth);
          counts[depth]++;
          number(parser.getFloatValue());
        }
        case VALUE_STRING -> {
          leaf(depth);
          counts[depth]++;
          strings.add(parser.getString());
        }
        case START_ARRAY -> {
          counts[depth]++;
          if (++depth == counts.length) {
            throw Refusal.bad("%s has more than %s levels".formatted(what, Tensor.MOST_SIDES));
          }
          counts[depth] = 0;
        }
        case END_ARRAY -> {
          if (lengths[depth] >= 0 && lengths[depth] != counts[depth]) {
            throw Refusal.bad(
                "%s has arrays of %s and %s values at one level"
                    .formatted(what, lengths[depth], counts[depth]));
          }
          lengths[depth] = counts[depth];
          depth--;
        }
        case null, default ->
            throw Refusal.bad(
                "%s has %s among its values, expected numbers or strings".formatted(what, token));
      }
    }
    if (count > 0 && !strings.isEmpty()) {
      throw Refusal.bad(what + " has both numbers and strings");
    }
  }

  private void leaf(int depth) {
    if (leaves != 0 && leaves != depth) {
      throw Refusal.bad(what + " has values and arrays at one level");
    }
    leaves = depth;
  }

  private void number(float value) {
    if (!Float.isFinite(value)) {
      throw Refusal.bad("%s has a number at %s that no float holds".formatted(what, count));
    }
    if (count == numbers.length) {
      numbers = Arrays.copyOf(numbers, Math.max(FIRST, 2 * count));
    }
    numbers[count++] = value;
  }

  /**
   * Returns the values.
   *
   * @throws Refusal if they are not of the datatype, or lie in arrays of another shape
   */
  TensorData of(String datatype, List<Long> shape) {
    if (leaves > 1) {
      List<Long> found = Arrays.stream(lengths, 1, leaves + 1).boxed().toList();
      if (!found.equals(shape)) {
        throw Refusal.bad(
            "%s lies in arrays of %s, expected its shape %s, or all values in one array"
                .formatted(what, found, shape));
      }
    }
    return switch (datatype) {
      case Tensor.FP32 -> {
        if (!strings.isEmpty()) {
          throw Refusal.bad(what + " has strings, expected numbers");
        }
        yield new TensorData.Floats(
            count == numbers.length ? numbers : Arrays.copyOf(numbers, count));
      }
      case Tensor.BYTES -> {
        if (count > 0) {
          throw Refusal.bad(what + " has numbers, expected encoded images in Base64");
        }
        yield new TensorData.Elements(strings.stream().map(this::decoded).toList());
      }
      default -> throw RawTensor.unknown(what, datatype);
    };
  }

  private byte[] decoded(String base64) {
    try {
      return Base64.getDecoder().decode(base64.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IllegalArgumentException e) {
      throw new Refusal(
          Refusal.Reason.BAD_REQUEST,
          "%s: an encoded image in JSON has to be Base64 (%s)".formatted(what, e.getMessage()),
          e);
    }
  }
}
