package io.github.mobilenet4j;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.BinaryTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ConditionalExpressionTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.ParenthesizedTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * Nothing depends on the locale of who runs it: neither what machines read nor what people do.
 *
 * <p>{@code formatted} is for {@code %s}, which writes a whole number as {@code Integer.toString}
 * does; {@code %d}, {@code %f} and the like have the locale's digits and decimal point, and belong
 * into {@code String.format(Locale.ROOT, …)}. Reads the sources, since a call's class file no
 * longer tells what is formatted.
 */
class LocaleRuleTest {
  private static final Pattern SAFE =
      Pattern.compile("%(\\d+\\$)?(-?([1-9]\\d*)?(\\.\\d+)?[sc]|[-#0]*\\d*[xX]|[n%])");

  private static final Set<String> FORMATTERS =
      Set.of(
          "Collator",
          "DecimalFormat",
          "MessageFormat",
          "NumberFormat",
          "Scanner",
          "SimpleDateFormat");

  /** What a user writes who prints for themselves: README.md's Java. */
  private static final Set<String> OTHERS = Set.of("ReadmeTest.java");

  @Test
  void nothingDependsOnTheLocale() throws IOException {
    List<Path> files =
        SourceFiles.all().stream()
            .filter(file -> !OTHERS.contains(file.getFileName().toString()))
            .toList();
    assertThat(faults(files)).isEmpty();
  }

  private static List<String> faults(List<Path> files) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> faults = new ArrayList<>();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, manager, null, null, null, manager.getJavaFileObjectsFromPaths(files));
      for (CompilationUnitTree unit : task.parse()) {
        new Calls(unit, Trees.instance(task), faults).scan(unit, null);
      }
    }
    return faults;
  }

  /** Collects the calls whose result is the locale's. */
  private static final class Calls extends TreePathScanner<Void, Void> {
    private final CompilationUnitTree unit;
    private final Trees trees;
    private final List<String> faults;

    Calls(CompilationUnitTree unit, Trees trees, List<String> faults) {
      this.unit = unit;
      this.trees = trees;
      this.faults = faults;
    }

    @Override
    public Void visitMethodInvocation(MethodInvocationTree call, Void none) {
      if (call.getMethodSelect() instanceof MemberSelectTree method) {
        List<? extends ExpressionTree> arguments = call.getArguments();
        boolean right =
            switch (method.getIdentifier().toString()) {
              case "formatted" -> isSafe(method.getExpression());
              case "printf" -> names(arguments.getFirst()) || isSafe(arguments.getFirst());
              case "format" ->
                  !method.getExpression().toString().equals("String")
                      || names(arguments.getFirst());
              case "toLowerCase", "toUpperCase" -> !arguments.isEmpty();
              case "ofPattern" -> arguments.size() > 1;
              // AssertJ's
              case "as", "fail", "hasMessage", "hasMessageContaining", "withFailMessage" ->
                  arguments.size() < 2 || isSafe(arguments.getFirst());
              default -> true;
            };
        check(right, call);
      }
      return super.visitMethodInvocation(call, none);
    }

    @Override
    public Void visitMemberReference(MemberReferenceTree reference, Void none) {
      check(
          !Set.of("formatted", "printf", "toLowerCase", "toUpperCase")
              .contains(reference.getName().toString()),
          reference);
      return super.visitMemberReference(reference, none);
    }

    @Override
    public Void visitIdentifier(IdentifierTree identifier, Void none) {
      check(!FORMATTERS.contains(identifier.getName().toString()), identifier);
      return super.visitIdentifier(identifier, none);
    }

    private void check(boolean right, Tree where) {
      if (!right) {
        long line =
            unit.getLineMap().getLineNumber(trees.getSourcePositions().getEndPosition(unit, where));
        faults.add(
            SourceFiles.ROOT.relativize(Path.of(unit.getSourceFile().toUri()))
                + ":"
                + line
                + ": "
                + where);
      }
    }

    /** Tells whether an argument is a locale by its name. */
    private static boolean names(ExpressionTree argument) {
      return argument.toString().startsWith("Locale.");
    }

    /** Tells whether a format stands there in full and has nothing that depends on the locale. */
    private static boolean isSafe(ExpressionTree format) {
      return switch (format) {
        case LiteralTree literal ->
            !SAFE.matcher(String.valueOf(literal.getValue())).replaceAll("").contains("%");
        case BinaryTree sum -> isSafe(sum.getLeftOperand()) && isSafe(sum.getRightOperand());
        case ParenthesizedTree inner -> isSafe(inner.getExpression());
        case ConditionalExpressionTree choice ->
            isSafe(choice.getTrueExpression()) && isSafe(choice.getFalseExpression());
        default -> false;
      };
    }
  }
}
