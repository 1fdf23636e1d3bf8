package io.github.mobilenet4j;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.foreign.Linker;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The dependency rules of docs/architecture.md. */
class ArchitectureTest {
  private static final String ROOT = "io.github.mobilenet4j";
  private static final String[] JDK = {
    "java..", "javax..", "jdk..", "com.sun..", "org.w3c.dom..", "org.jspecify.."
  };

  /** The packages of all modules, and what each may use beside the JDK. */
  private enum Part {
    KERNELS,
    FILES(ROOT),
    NETWORK(ROOT),
    IMAGE(ROOT, FILES.name),
    RANDOM,
    DATA(ROOT, FILES.name, IMAGE.name, RANDOM.name),
    WEIGHTS(ROOT, FILES.name, NETWORK.name, IMAGE.name),
    INFERENCE(ROOT, KERNELS.name, NETWORK.name, IMAGE.name, WEIGHTS.name),
    EXPLANATION(ROOT, NETWORK.name, WEIGHTS.name, INFERENCE.name),
    EVALUATION(ROOT, FILES.name, NETWORK.name, IMAGE.name, DATA.name, WEIGHTS.name, INFERENCE.name),
    QUANTIZATION(ROOT, NETWORK.name, IMAGE.name, WEIGHTS.name, INFERENCE.name),
    REPORT(
        ROOT,
        FILES.name,
        NETWORK.name,
        IMAGE.name,
        WEIGHTS.name,
        DATA.name,
        INFERENCE.name,
        EXPLANATION.name,
        EVALUATION.name),
    TRAINING(ROOT, KERNELS.name, NETWORK.name, DATA.name, WEIGHTS.name, RANDOM.name),
    TRAINING_RUN(
        ROOT,
        FILES.name,
        NETWORK.name,
        IMAGE.name,
        DATA.name,
        WEIGHTS.name,
        RANDOM.name,
        EVALUATION.name,
        QUANTIZATION.name,
        REPORT.name,
        TRAINING.name),
    FORMATS_READING(ROOT, FILES.name, NETWORK.name, IMAGE.name, WEIGHTS.name),
    FORMATS_HUGGINGFACE(FORMATS_READING),
    FORMATS_TORCH(FORMATS_READING),
    FORMATS_KERAS(FORMATS_READING, "io.jhdf.."),
    FORMATS_TFJS(FORMATS_READING, FORMATS_KERAS.name),
    FORMATS_PROTOBUF(ROOT, "com.google.protobuf.."),
    FORMATS_ONNX(FORMATS_READING, FORMATS_PROTOBUF.name, "com.google.protobuf.."),
    FORMATS_TENSORFLOW(FORMATS_READING, FORMATS_PROTOBUF.name),
    FORMATS_TFLITE(FORMATS_READING, "com.google.flatbuffers.."),
    FORMATS(
        ROOT,
        FILES.name,
        IMAGE.name,
        NETWORK.name,
        WEIGHTS.name,
        FORMATS_READING.name,
        FORMATS_HUGGINGFACE.name,
        FORMATS_TORCH.name,
        FORMATS_KERAS.name,
        FORMATS_ONNX.name,
        FORMATS_TENSORFLOW.name,
        FORMATS_TFJS.name,
        FORMATS_TFLITE.name),
    HUB(ROOT, FILES.name),
    MODEL(WEIGHTS.name),
    SERVER_PROTOCOL(ROOT, "tools.jackson.core..", "com.google.protobuf.."),
    SERVER_METRICS("io.prometheus.."),
    SERVER_BATCHING(SERVER_PROTOCOL.name),
    SERVER_MODELS(
        ROOT,
        NETWORK.name,
        IMAGE.name,
        WEIGHTS.name,
        INFERENCE.name,
        SERVER_PROTOCOL.name,
        SERVER_METRICS.name,
        SERVER_BATCHING.name),
    SERVER_HTTP(
        ROOT,
        FILES.name,
        INFERENCE.name,
        SERVER_PROTOCOL.name,
        SERVER_METRICS.name,
        SERVER_BATCHING.name,
        SERVER_MODELS.name,
        "org.eclipse.jetty.."),
    SERVER_STUDIO(
        ROOT,
        FILES.name,
        NETWORK.name,
        IMAGE.name,
        DATA.name,
        WEIGHTS.name,
        INFERENCE.name,
        EXPLANATION.name,
        EVALUATION.name,
        REPORT.name,
        TRAINING_RUN.name,
        FORMATS.name,
        SERVER_PROTOCOL.name,
        SERVER_MODELS.name,
        SERVER_HTTP.name),
    SERVER(
        ROOT,
        SERVER_PROTOCOL.name,
        SERVER_METRICS.name,
        SERVER_BATCHING.name,
        SERVER_MODELS.name,
        SERVER_HTTP.name),
    CLI("*..");

    final String name = ROOT + "." + name().toLowerCase(Locale.ROOT).replace('_', '.');
    final String[] mayUse;

    Part(String... mayUse) {
      this.mayUse =
          Stream.of(JDK, mayUse, new String[] {name})
              .flatMap(Arrays::stream)
              .toArray(String[]::new);
    }

    /** May use a package, and what that one may. */
    Part(Part below, String... mayUse) {
      this(Stream.of(below.mayUse, mayUse).flatMap(Arrays::stream).toArray(String[]::new));
    }
  }

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages(ROOT);

  @ParameterizedTest
  @EnumSource
  void usesOnlyWhatItMay(Part part) {
    classes()
        .that(resideInAPackage(part.name))
        .should()
        .onlyDependOnClassesThat(resideInAnyPackage(part.mayUse))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void everyPackageHasItsRule() {
    String[] parts = Stream.of(Part.values()).map(part -> part.name).toArray(String[]::new);
    classes().should().resideInAnyPackage(parts).orShould().resideInAPackage(ROOT).check(CLASSES);
    classes()
        .that(resideInAPackage(ROOT))
        .should()
        .onlyDependOnClassesThat(resideInAnyPackage(ROOT, "java..", "org.jspecify.."))
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(CLASSES);
  }

  /**
   * Inside a package, classes stand above each other too. A sealed type and those that it permits
   * are one: it names them, and they it.
   */
  @Test
  void classesDoNotNeedEachOther() {
    Map<String, Set<String>> needs = new TreeMap<>();
    for (JavaClass type : CLASSES) {
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        JavaClass target = dependency.getTargetClass();
        if (target.getPackage().equals(type.getPackage()) && !permits(type, target)) {
          needs.computeIfAbsent(outermost(type), _ -> new TreeSet<>()).add(outermost(target));
        }
      }
    }
    needs.forEach((type, others) -> others.remove(type));
    // Who needs nobody that is left is no part of a circle.
    while (needs.values().removeIf(Set::isEmpty)) {
      needs.values().forEach(others -> others.retainAll(needs.keySet()));
    }
    assertThat(needs).isEmpty();
  }

  @Test
  void onlyKernelsUseVectorsAndNativeCode() {
    noClasses()
        .that(outside(Part.KERNELS))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator..")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Linker.class)
        .check(CLASSES);
  }

  @Test
  void librariesDoNotPrint() {
    noClasses().that(outside(Part.CLI)).should(ACCESS_STANDARD_STREAMS).check(CLASSES);
  }

  @Test
  void noStaticFieldChanges() {
    fields().that().areStatic().should().beFinal().check(CLASSES);
  }

  /** Where the bar's library looks for a terminal itself, it takes Ctrl-C away from the JVM. */
  @Test
  void onlyTerminalMakesBars() {
    noClasses()
        .that()
        .doNotHaveSimpleName("Terminal")
        .should()
        .callConstructor(ProgressBarBuilder.class)
        .orShould()
        .callConstructor(ProgressBar.class, String.class, long.class)
        .check(CLASSES);
  }

  private static DescribedPredicate<JavaClass> outside(Part part) {
    return not(resideInAPackage(part.name));
  }

  private static boolean permits(JavaClass sealed, JavaClass type) {
    Class<?>[] permitted = sealed.reflect().getPermittedSubclasses();
    return permitted != null && List.of(permitted).contains(type.reflect());
  }

  private static String outermost(JavaClass type) {
    return type.getName().replaceFirst("\\$.*", "");
  }
}
