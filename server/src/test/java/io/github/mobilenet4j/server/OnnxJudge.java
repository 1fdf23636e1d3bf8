package io.github.mobilenet4j.server;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** ONNX Runtime in a process of its own, which shares nothing with what it judges. */
final class OnnxJudge {
  private OnnxJudge() {}

  /**
   * Returns the logits of an image.
   *
   * @param x {@code [3, side, side]}
   */
  static double[] logits(Path model, float[] x, int side) throws IOException, InterruptedException {
    Path values = Files.createTempFile("onnx", ".bin");
    ByteBuffer bytes = ByteBuffer.allocate(x.length * Float.BYTES);
    bytes.asFloatBuffer().put(x);
    Files.write(values, bytes.array());
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                place(OrtEnvironment.class) + java.io.File.pathSeparator + place(OnnxJudge.class),
                OnnxJudge.class.getName(),
                model.toString(),
                values.toString(),
                Integer.toString(side))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String answer =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() != 0) {
      throw new IOException("ONNX Runtime ended with " + process.exitValue() + ": " + answer);
    }
    Files.delete(values);
    return Arrays.stream(answer.split(" ")).mapToDouble(Double::parseDouble).toArray();
  }

  private static Path place(Class<?> type) {
    return Path.of(
        java.net.URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString()));
  }

  /** Prints the logits: the model, the file of values and their side. */
  public static void main(String[] arguments) throws Exception {
    long side = Long.parseLong(arguments[2]);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(Path.of(arguments[1])));
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(arguments[0]);
        OnnxTensor input =
            OnnxTensor.createTensor(
                environment, bytes.asFloatBuffer(), new long[] {1, 3, side, side});
        OrtSession.Result result =
            session.run(Map.of(session.getInputNames().iterator().next(), input))) {
      StringBuilder line = new StringBuilder();
      for (float logit : ((float[][]) result.get(0).getValue())[0]) {
        line.append(logit).append(' ');
      }
      System.out.println(line);
    }
  }
}
