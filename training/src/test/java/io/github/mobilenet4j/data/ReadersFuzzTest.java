package io.github.mobilenet4j.data;

import io.github.mobilenet4j.fuzz.Fuzzer;
import io.github.mobilenet4j.fuzz.TableGrammars;
import io.github.mobilenet4j.fuzz.Target;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

public class ReadersFuzzTest {
  private static final Path FILE = Path.of("fuzz");
  private static final byte[] LABELS = {0, 0, 8, 1, 0, 0, 0, 3, 2, 1, 0};
  private static final byte[] IMAGES = {
    0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6
  };

  public static List<Target> targets() {
    List<byte[]> tables =
        Stream.of(
                "a.png,cat\nb.png,dog\n\"c, d.png\",\"a \"\"cat\"\"\"\n",
                "id,split,path,label\r\n"
                    + "1,train,a,x\r\n"
                    + "2,val,b,y\r\n"
                    + "3,test,\"c\",x\r\n"
                    + "4,train,d,y\n",
                "image_id;breed\na.png;x\nb.png;y\n",
                "a\tb.png\nc\td.png\n",
                "image,x,y\na.png,1,0\nb.png,0,1\n")
            .map(text -> text.getBytes(StandardCharsets.UTF_8))
            .toList();
    return List.of(
        new Target(
            "table",
            tables,
            choices ->
                TableGrammars.csv(
                    choices, "a.png", "cat", "path", "label", "split", "train", "val", "id", "1",
                    "a;b", "a\tb"),
            bytes ->
                Splits.complete(
                    FILE, ImageTable.list(FILE, bytes).datasets(), Splits.Fractions.DEFAULT)),
        new Target(
            "idx-images",
            List.of(IMAGES),
            choices -> TableGrammars.idx(choices, 3),
            bytes -> readAll(IdxFolder.Images.of(FILE, bytes, FILE, LABELS))),
        new Target(
            "idx-labels",
            List.of(LABELS),
            choices -> TableGrammars.idx(choices, 1),
            bytes -> readAll(IdxFolder.Images.of(FILE, IMAGES, FILE, bytes))));
  }

  private static void readAll(IdxFolder.Images images) {
    for (int i = 0; i < 3; i++) {
      images.image(i);
    }
  }

  @TestFactory
  Stream<DynamicTest> readers() {
    return Fuzzer.tests(targets());
  }
}
