package io.github.mobilenet4j.files;

import io.github.mobilenet4j.fuzz.Fuzzer;
import io.github.mobilenet4j.fuzz.JsonGrammar;
import io.github.mobilenet4j.fuzz.Target;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

public class JsonFuzzTest {
  public static List<Target> targets() {
    return List.of(
        JsonGrammar.target(
            "json",
            List.of(
                "{\"a\": [1, -2.5e-3, true, null], \"b\": {\"c\": \"\\u00e9\\n\"}}",
                "[[[[[[[[9223372036854775807, 1E300, {}]]]]]]]]",
                "{\"type\": \"sgd\", \"momentum\": 0.9, \"nesterov\": true}"),
            bytes -> Json.parse("fuzz", new String(bytes, StandardCharsets.UTF_8))));
  }

  @TestFactory
  Stream<DynamicTest> readers() {
    return Fuzzer.tests(targets());
  }
}
