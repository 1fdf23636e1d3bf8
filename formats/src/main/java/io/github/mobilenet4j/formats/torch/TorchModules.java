package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.JsonFields;
import io.github.mobilenet4j.formats.torch.TorchObjects.View;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The modules of a network that was saved whole, in the order in which they were registered: as
 * {@code torch.save} pickles them, each with its attributes, or as TorchScript does, with tensors
 * in the pickle and all else in the text of its code, which is looked at and never run.
 */
final class TorchModules {
  /** The code of a TorchScript archive. */
  interface Code {
    /** Returns the text of a file of the code, empty if there is none. */
    String text(String path);
  }

  /**
   * One module without modules of its own, or what one with such has besides.
   *
   * @param name with those of the modules that it is in, separated by dots
   * @param kind its class, {@code Conv2d}, with its package where it is not PyTorch's own
   * @param settings attributes by name; of TorchScript, in which they have no names, what the text
   *     of the class says
   */
  record Module(String name, String kind, Map<?, ?> settings, Map<String, View> tensors) {
    String title() {
      return "module %s (%s)"
          .formatted(MobileNetException.abridged(name), MobileNetException.abridged(kind));
    }

    /** Returns the same behind zeros by the rule SAME, which replace its own where it has none. */
    private Module padded() {
      Map<Object, Object> more = new LinkedHashMap<>(settings);
      more.put("padding", pair("padding").equals(List.of(0, 0)) ? "same" : null);
      return new Module(name, kind, more, tensors);
    }

    /** Returns a setting that is one integer, or one for each of rows and columns. */
    List<Integer> pair(String key) {
      return switch (settings.get(key)) {
        case Long both -> List.of(both.intValue(), both.intValue());
        case List<?> two
            when two.size() == 2
                && two.get(0) instanceof Long rows
                && two.get(1) instanceof Long columns ->
            List.of(rows.intValue(), columns.intValue());
        case null, default -> List.of();
      };
    }
  }

  private static final String SCRIPTED = "__torch__.";
  private static final String OWN = "torch.nn.modules.";
  private static final String TRANSFORMERS = "transformers.models.mobilenet_v1.";
  private static final int DEEPEST = 40;

  /** A file of code is looked at for each module of its classes. */
  private static final long MOST_TEXT = 1 << 26;

  private static final String PAIR = "\\[(\\d{1,9}), (\\d{1,9})\\]";

  private static final Pattern CONVOLUTION =
      Pattern.compile(
          "torch\\.(?:conv2d|_convolution)\\(\\w+, weight\\w*, \\w+, "
              + (PAIR + ", " + PAIR + ", " + PAIR)
              + "(?:, False, \\[0, 0\\])?(?:, (\\d{1,9}))?[,)]");

  private static final List<Pattern> EPSILONS =
      List.of(
          Pattern.compile("eps : Final\\[float\\] = ([-+.e\\d]{1,40})\\s"),
          Pattern.compile("torch\\.batch_norm\\([^()]*, ([-+.e\\d]{1,40}), (?:True|False)\\)"));

  private static final Pattern POOL = Pattern.compile("avg_pool2d\\(\\w+, " + PAIR);
  private static final Pattern POOLED =
      Pattern.compile("kernel_size : Final\\[int\\] = (\\d{1,9})\\s");
  private static final Pattern CALL = Pattern.compile("\\btorch\\.(\\w+)\\(");

  /** What the code of a module with modules may call besides: it changes no number. */
  private static final Set<String> HARMLESS =
      Set.of("flatten", "view", "reshape", "squeeze", "size", "dropout", "dropout_", "contiguous");

  /** What the code of such a module may call behind all others. */
  private static final Map<String, String> FUNCTIONS =
      Map.of(
          "mean", "AdaptiveAvgPool2d",
          "adaptive_avg_pool2d", "AdaptiveAvgPool2d",
          "softmax", "Softmax",
          "log_softmax", "LogSoftmax",
          "sigmoid", "Sigmoid");

  private final Code code;
  private final int most;
  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<Module> modules = new ArrayList<>();
  private final List<String> functions = new ArrayList<>();
  private long looked;

  private TorchModules(Code code, ReadLimits limits) {
    this.code = code;
    this.most = limits.entries();
  }

  /** Returns the network in an object, or in an entry of it, if there is one. */
  static Optional<PickledObject> find(Object root) {
    if (root instanceof PickledObject object && isModule(object)) {
      return Optional.of(object);
    }
    if (root instanceof Map<?, ?> checkpoint) {
      for (Object value : checkpoint.values()) {
        if (value instanceof PickledObject object && isModule(object)) {
          return Optional.of(object);
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isModule(PickledObject object) {
    return object.attributes().containsKey("_modules")
        || object.className().startsWith(SCRIPTED) && !object.attributes().isEmpty();
  }

  /** Returns whether a network was saved by TorchScript. */
  static boolean isScripted(PickledObject network) {
    return network.className().startsWith(SCRIPTED);
  }

  /**
   * Returns the modules of a network that compute, in their order.
   *
   * @param code of the archive
   * @throws MobileNetException if they are too many, too deep, or one is registered twice
   */
  static List<Module> of(PickledObject network, Code code, ReadLimits limits) {
    TorchModules all = new TorchModules(code, limits);
    all.add("", network, 0, false);
    for (String function : all.functions) {
      boolean there = all.modules.stream().anyMatch(m -> m.kind.equals(function));
      if (function.equals("AdaptiveAvgPool2d")) {
        int fullyConnected = 0;
        while (fullyConnected < all.modules.size()
            && !all.modules.get(fullyConnected).kind.equals("Linear")) {
          fullyConnected++;
        }
        if (!there) {
          all.modules.add(
              fullyConnected, new Module("", function, Map.of("output_size", 1L), Map.of()));
        }
      } else {
        all.modules.add(new Module("", function, Map.of(), Map.of()));
      }
    }
    return all.modules;
  }

  /**
   * Returns the configuration of a network of transformers, which does not stand in its modules
   * alone; empty for any other.
   */
  static Optional<JsonFields> config(PickledObject network) {
    PickledObject at = network;
    for (int depth = 0; depth <= DEEPEST; depth++) {
      if (at.className().startsWith(TRANSFORMERS)
          && at.attributes().get("config") instanceof PickledObject config) {
        Map<String, Object> fields = new LinkedHashMap<>();
        config
            .attributes()
            .forEach((key, value) ->
                fields.put("" + key, value instanceof Map<?, ?> m ? named(m) : value));
        return Optional.of(new JsonFields("the network's config", fields));
      }
      // What wraps it, such as DataParallel, has one module.
      Map<?, ?> inner = map(at.attributes().get("_modules"));
      if (inner.size() != 1 || !(inner.values().iterator().next() instanceof PickledObject only)) {
        return Optional.empty();
      }
      at = only;
    }
    return Optional.empty();
  }

  /** Labels have numbers for names, as JSON has not. */
  private static Map<String, Object> named(Map<?, ?> map) {
    Map<String, Object> named = new LinkedHashMap<>();
    map.forEach((key, value) -> named.put("" + key, value));
    return named;
  }

  /**
   * Adds a module, or those in it.
   *
   * @param same whether the module that it is in pads its input by TensorFlow's rule SAME
   */
  private void add(String name, PickledObject object, int depth, boolean same) {
    if (depth > DEEPEST || modules.size() >= most || seen.size() >= most) {
      throw new MobileNetException("has too many modules, or modules in too many others");
    }
    String className = object.className();
    boolean scripted = className.startsWith(SCRIPTED);
    String full =
        (scripted ? className.substring(SCRIPTED.length()) : className)
            .replaceAll("___torch_mangle_\\d+\\.", "");
    String kind = full.substring(full.lastIndexOf('.') + 1);
    boolean own = full.startsWith(OWN);
    if (full.startsWith(OWN + "loss.")) {
      return;
    }
    Map<String, PickledObject> inner = new LinkedHashMap<>();
    Map<String, View> tensors = new LinkedHashMap<>();
    Map<?, ?> attributes = object.attributes();
    if (scripted) {
      split(attributes, inner, tensors);
    } else {
      split(map(attributes.get("_modules")), inner, Map.of());
      split(map(attributes.get("_parameters")), Map.of(), tensors);
      split(map(attributes.get("_buffers")), Map.of(), tensors);
    }
    String text = scripted ? text(className, kind) : "";
    if (inner.isEmpty() || !tensors.isEmpty()) {
      if (!seen.add(object) && !tensors.isEmpty()) {
        throw new MobileNetException(
            "module %s is there twice".formatted(MobileNetException.abridged(name)));
      }
      Map<?, ?> settings = scripted ? settings(kind, text) : attributes;
      Module module = new Module(name, own ? kind : full, settings, tensors);
      modules.add(same ? module.padded() : module);
    } else if (scripted && !own) {
      calls(name, full, text);
    }
    boolean pads = padsItself(object);
    inner.forEach(
        (key, module) -> add(name.isEmpty() ? key : name + "." + key, module, depth + 1, pads));
  }

  /** Returns whether a module is transformers' convolution, and told to pad as TensorFlow does. */
  private static boolean padsItself(PickledObject object) {
    return object.className().equals(TRANSFORMERS + "modeling_mobilenet_v1.MobileNetV1ConvLayer")
        && object.attributes().get("config") instanceof PickledObject config
        && Boolean.TRUE.equals(config.attributes().get("tf_padding"));
  }

  private static Map<?, ?> map(Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }

  private static void split(
      Map<?, ?> attributes, Map<String, PickledObject> modules, Map<String, View> tensors) {
    attributes.forEach((key, value) -> {
      switch (value) {
        case PickledObject object when key instanceof String name && isAnyModule(object) ->
            modules.put(name, object);
        case View view when key instanceof String name -> tensors.put(name, view);
        case null, default -> {}
      }
    });
  }

  private static boolean isAnyModule(PickledObject object) {
    return object.className().startsWith(SCRIPTED) || isModule(object);
  }

  /** Returns the text of a class, empty if there is none. */
  private String text(String className, String kind) {
    int dot = className.lastIndexOf('.');
    String file = code.text("/code/" + className.substring(0, dot).replace('.', '/') + ".py");
    looked += file.length();
    if (looked > MOST_TEXT) {
      throw new MobileNetException(
          "has more code than the %s characters that are looked at".formatted(MOST_TEXT));
    }
    int begin = file.indexOf("class " + kind + "(Module):");
    if (begin < 0) {
      return "";
    }
    int end = file.indexOf("\nclass ", begin + 1);
    return file.substring(begin, end < 0 ? file.length() : end);
  }

  /** Returns what the text of one of PyTorch's own classes says of its attributes. */
  private static Map<String, Object> settings(String kind, String text) {
    Map<String, Object> settings = new LinkedHashMap<>();
    switch (kind) {
      case "Conv2d" -> {
        Matcher found = CONVOLUTION.matcher(text);
        if (found.find() && !text.contains("pad(")) {
          settings.put("stride", pair(found, 1));
          settings.put("padding", pair(found, 3));
          settings.put("dilation", pair(found, 5));
          settings.put("groups", found.group(7) == null ? 1L : Long.parseLong(found.group(7)));
          settings.put("padding_mode", "zeros");
        }
      }
      case "BatchNorm2d", "BatchNorm1d" ->
          EPSILONS.forEach(pattern -> {
            Matcher found = pattern.matcher(text);
            if (found.find()) {
              settings.put("eps", Double.valueOf(found.group(1)));
            }
          });
      case "AvgPool2d", "AdaptiveAvgPool2d" -> {
        String key = kind.equals("AvgPool2d") ? "kernel_size" : "output_size";
        Matcher found = POOL.matcher(text);
        Matcher side = POOLED.matcher(text);
        if (found.find()) {
          settings.put(key, pair(found, 1));
        } else if (kind.equals("AvgPool2d") && side.find()) {
          settings.put(key, Long.valueOf(side.group(1)));
        } else if (text.contains("(input, [1, 1], )")) {
          settings.put(key, 1L);
        }
      }
      default -> {}
    }
    return settings;
  }

  private static List<Object> pair(Matcher found, int group) {
    return List.of(Long.valueOf(found.group(group)), Long.valueOf(found.group(group + 1)));
  }

  /** Looks at what the code of a module with modules calls besides those. */
  private void calls(String name, String kind, String text) {
    Matcher call = CALL.matcher(text);
    while (call.find()) {
      String function = call.group(1);
      if (FUNCTIONS.containsKey(function)) {
        functions.add(FUNCTIONS.get(function));
      } else if (!HARMLESS.contains(function)) {
        throw new MobileNetException(
            "module %s (%s) calls torch.%s, which is not part of a MobileNet V1"
                .formatted(
                    MobileNetException.abridged(name),
                    MobileNetException.abridged(kind),
                    MobileNetException.abridged(function)));
      }
    }
  }
}
