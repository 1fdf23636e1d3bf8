package io.github.mobilenet4j.hub;

import io.github.mobilenet4j.fuzz.Fuzzer;
import io.github.mobilenet4j.fuzz.JsonGrammar;
import io.github.mobilenet4j.fuzz.Target;
import io.github.mobilenet4j.hub.ModelName.HuggingFace;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

public class HubListingFuzzTest {
  private static final String ANSWER =
      """
      {"_id": "66a", "id": "timm/net", "sha": "0123456789abcdef0123456789abcdef01234567",
       "siblings": [
        {"rfilename": ".gitattributes", "size": 1519, "blobId": "a6344aac8c09253b3b630fb776ae94478aa0275b"},
        {"rfilename": "config.json", "size": 579, "blobId": "c4ad1a3d1b1a58a3a4d1a7a7c1f0b5c7d9e6b2a1"},
        {"rfilename": "onnx/model.onnx", "size": 3},
        {"rfilename": "model.safetensors", "size": 17059344,
         "blobId": "5d1f3a1c2b4e6f708192a3b4c5d6e7f8091a2b3c",
         "lfs": {"sha256": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
         "size": 17059344, "pointerSize": 133}}]}
      """;

  public static List<Target> targets() {
    HuggingFace name = (HuggingFace) ModelName.of("hf:timm/net");
    return List.of(
        JsonGrammar.target(
            "hub-listing",
            List.of(ANSWER),
            bytes ->
                HubListing.parse("listing", new String(bytes, StandardCharsets.UTF_8))
                    .model(name)));
  }

  @TestFactory
  Stream<DynamicTest> readers() {
    return Fuzzer.tests(targets());
  }
}
