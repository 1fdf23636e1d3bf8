package io.github.mobilenet4j.files;

import io.github.mobilenet4j.Mutations;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class JsonFuzzTest {
  @Test
  void parse() {
    List<byte[]> seeds =
        Stream.of(
                "{\"a\": [1, -2.5e-3, true, null], \"b\": {\"c\": \"\\u00e9\\n\"}}",
                "[[[[[[[[9223372036854775807, 1E400, {}]]]]]]]]",
                "{\"type\": \"sgd\", \"momentum\": 0.9, \"nesterov\": true}")
            .map(text -> text.getBytes(StandardCharsets.UTF_8))
            .toList();
    Mutations.fuzz(seeds, bytes -> Json.parse("fuzz", new String(bytes, StandardCharsets.UTF_8)));
  }
}
