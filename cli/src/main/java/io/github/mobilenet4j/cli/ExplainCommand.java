package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.network.Resolution;
import io.github.mobilenet4j.report.ExplanationData;
import io.github.mobilenet4j.report.ExplanationPage;
import io.github.mobilenet4j.weights.Model;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a page that shows an image's way through a network. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Show a photograph's way through a network, as a page.",
    description = {
      "",
      "The page needs no network and no server: where the network looked, adding up to its answer;"
          + " every layer's feature maps, sums and costs; what smaller networks would cost here. In"
          + " English and Chinese.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j explain photo.jpg",
      "  mobilenet4j explain --model FILE --output why.html photo.jpg",
      "  mobilenet4j explain --labels docs/labels/bundled.zh-CN.txt photo.jpg",
      "  mobilenet4j explain --json photo.jpg | jq .classes[0]",
      "",
      "JSON, one object on one line:",
      "  {\"about\":{…},\"input\":[…],\"classes\":[{\"index\":…,\"label\":…,\"probability\":…,",
      "   \"bias\":…,\"mean\":…,\"logit\":…,\"computed\":…}],\"layers\":[{\"name\":…,\"kind\":…,",
      "   \"in\":[…],\"out\":[…],\"stride\":…,\"before\":[…],\"rows\":{…},\"columns\":{…},",
      "   \"macs\":…,\"kernelValues\":…}],\"operators\":[{\"name\":…,\"macs\":…,",
      "   \"milliseconds\":…,\"standard\":{…}}],\"multipliers\":[…]}",
      "logit is bias + mean of the class activation map, computed what the network gave. rows and"
          + " columns are",
      "the receptive field of a layer's first unit: start, size, and the stride to the next."
    })
final class ExplainCommand implements Callable<Integer> {
  /** With all else, the page is there within two seconds. */
  private static final Duration GRID = Duration.ofMillis(400);

  @Spec private CommandSpec spec;
  @Mixin private ModelOption modelOption;
  @Mixin private ThreadsOption threads;
  @Mixin private PrecisionOption precision;
  @Mixin private LabelsOption labels;

  @Parameters(
      paramLabel = "IMAGE",
      converter = ImageFiles.PathConverter.class,
      description = "The photograph.")
  private Path image;

  @Option(
      names = "--output",
      paramLabel = "FILE.html",
      defaultValue = "explain.html",
      description = "The page. Default: ${DEFAULT-VALUE}.")
  private Path output;

  @Option(
      names = "--resolution",
      paramLabel = "R",
      description = "Input side, or HxW, instead of the model's.")
  private Resolution resolution;

  @Option(
      names = "--top",
      paramLabel = "K",
      converter = AtLeastOne.class,
      defaultValue = "5",
      description = "How many classes have their map. Default: ${DEFAULT-VALUE}.")
  private int top;

  @Option(
      names = "--json",
      description = "Print one JSON object instead, without maps and weights; write no page.")
  private boolean json;

  @Override
  public Integer call() {
    RgbImage photograph = new ImageReader().read(image);
    Model model = model();
    ExplanationData data =
        ExplanationData.of(
            model,
            photograph,
            new ExplanationData.Options(
                image.getFileName().toString(),
                modelOption.name(),
                precision.of(model),
                threads.count(),
                top,
                GRID));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.text(data.summary()));
    } else {
      ExplanationPage.write(data, output);
      out.println(Visible.of(output.toString()));
    }
    out.flush();
    return 0;
  }

  private Model model() {
    Model model = labels.in(modelOption.read());
    if (resolution == null) {
      return model;
    }
    try {
      return model.withInput(resolution.height(), resolution.width());
    } catch (MobileNetException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
