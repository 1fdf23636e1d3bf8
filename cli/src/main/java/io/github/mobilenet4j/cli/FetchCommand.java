package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.hub.Hub;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Downloads a model, or brings it up to date. */
@Command(
    name = "fetch",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Download a model, or bring it up to date, and print where it lies.",
    description = {
      "",
      "NAME may stand wherever a model's FILE may, and is then downloaded once; this command does "
          + "so beforehand, and asks whether there is something newer:",
      "  hf:OWNER/NAME            a repository of the Hugging Face hub",
      "  hf:OWNER/NAME@REVISION   one branch, tag or commit of it",
      "  hf:OWNER/NAME/FILE       one file of it, where several hold weights",
      "  keras:WIDTH_RESOLUTION   Keras' applications, such as keras:0.75_192",
      "",
      "Size and digest are checked, a download that broke off goes on. --offline, or the "
          + "environment's MOBILENET4J_OFFLINE=1 or HF_HUB_OFFLINE=1, forbids all downloads; the "
          + "message then tells what to put where by hand.",
      "",
      "Environment: MOBILENET4J_CACHE (default: ~/.cache/mobilenet4j); HTTPS_PROXY and NO_PROXY; "
          + "HF_ENDPOINT and MOBILENET4J_KERAS_URL for mirrors; HF_TOKEN for what needs a token.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j fetch hf:timm/mobilenetv1_100.ra4_e3600_r224_in1k",
      "  mobilenet4j fetch keras:0.25_128",
      "  mobilenet4j classify --model hf:google/mobilenet_v1_1.0_224 photo.jpg",
      "  mobilenet4j train pets/ --from keras:1.0_224"
    })
final class FetchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @ParentCommand private Invocation invocation;

  @Parameters(paramLabel = "NAME", description = "The model.")
  private String name;

  @Override
  public Integer call() {
    try {
      Hub.requireName(name);
    } catch (MobileNetException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    spec.commandLine()
        .getOut()
        .println(invocation.download((hub, display) -> hub.refresh(name, display)));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
