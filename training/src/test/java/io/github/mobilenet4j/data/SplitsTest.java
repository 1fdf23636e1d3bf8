package io.github.mobilenet4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.mobilenet4j.Cost;
import io.github.mobilenet4j.Locales;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Splits.Fractions;
import io.github.mobilenet4j.image.RgbImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SplitsTest {
  @TempDir Path root;
  private byte[] png;

  @BeforeEach
  void readPicture() throws IOException {
    try (InputStream in = SplitsTest.class.getResourceAsStream("/pictures/rgb.png")) {
      png = in.readAllBytes();
    }
  }

  private void images(String folder, int count) throws IOException {
    Files.createDirectories(root.resolve(folder));
    for (int i = 0; i < count; i++) {
      Files.write(root.resolve(folder).resolve(String.format(Locale.ROOT, "%03d.png", i)), png);
    }
  }

  private static List<String> names(Dataset dataset) {
    return IntStream.range(0, dataset.size()).mapToObj(dataset::name).toList();
  }

  @Test
  void foldersAreClassesInTheOrderOfTheirNames() throws IOException {
    images("dog", 2);
    images("Zebra", 1);
    images("cat/deep/er", 1);
    images(".hidden", 1);
    images("empty", 0);
    Files.write(root.resolve("dog/.hidden.png"), png);
    Files.writeString(root.resolve("dog/notes.txt"), "no picture");
    Files.write(root.resolve("cat/LOUD.JPG"), png);

    Dataset all = Splits.read(root, Fractions.NONE).train();

    assertThat(all.classes()).containsExactly("Zebra", "cat", "dog");
    assertThat(all.counts()).containsExactly(1, 2, 2);
    assertThat(names(all))
        .containsExactly(
            root.resolve("Zebra/000.png").toString(),
            root.resolve("cat/LOUD.JPG").toString(),
            root.resolve("cat/deep/er/000.png").toString(),
            root.resolve("dog/000.png").toString(),
            root.resolve("dog/001.png").toString());
    assertThat(all.label(3)).isEqualTo(2);
    assertThat(all.image(3).width()).isEqualTo(23);
  }

  @ParameterizedTest
  @ValueSource(strings = {"validation", "val", "valid", "Validation"})
  void partsAreReadFromTheirFolders(String validation) throws IOException {
    images("train/a", 5);
    images("train/b", 6);
    images(validation + "/b", 3);
    images("test/a", 2);

    Splits splits = Splits.read(root, Fractions.DEFAULT);

    assertThat(splits.train().counts()).containsExactly(5, 6);
    assertThat(splits.validation().counts()).containsExactly(0, 3);
    assertThat(splits.test().counts()).containsExactly(2, 0);
    assertThat(splits.evaluation()).isSameAs(splits.test());
  }

  @Test
  void whatIsMissingIsTakenFromThePicturesToLearnFrom() throws IOException {
    images("train/a", 20);
    images("train/b", 40);
    images("test/a", 2);

    Splits splits = Splits.read(root, new Fractions(0.25, 0.5, 1));

    assertThat(splits.train().counts()).containsExactly(15, 30);
    assertThat(splits.validation().counts()).containsExactly(5, 10);
    assertThat(splits.test().size()).isEqualTo(2);
  }

  @Test
  void otherFoldersBesideThePartsAreNotRead() throws IOException {
    images("train/a", 2);
    images("train/b", 2);
    images("test/b", 1);
    images("notes", 1);
    assertThat(Splits.read(root, Fractions.NONE).train().classes()).containsExactly("a", "b");
  }

  @Test
  void aFolderCalledTrainMayBeAClass() throws IOException {
    images("train", 1);
    images("plane", 1);
    assertThat(Splits.read(root, Fractions.NONE).train().classes())
        .containsExactly("plane", "train");
  }

  @ParameterizedTest
  @CsvSource({
    "Training, , Testing",
    "train, eval, test",
    "train, val, eval",
    "TRAIN, , evaluation",
    "train, dev, holdout",
    "training_set, , test_set",
    "seg_train, , seg_test",
    "ILSVRC2012_img_train, ILSVRC2012_img_val, ",
    "pets-train, pets-valid, pets-test",
    "train/train, valid/valid, test/test",
    "archive/data/train, , archive/data/test"
  })
  void splitsHaveManyNames(String train, String validation, String test) throws IOException {
    images(train + "/a", 3);
    images(train + "/b", 3);
    for (String folder : new String[] {validation, test}) {
      if (folder != null) {
        images(folder + "/a", folder.equals(test) ? 2 : 1);
      }
    }
    Splits splits = Splits.read(root, Fractions.NONE);
    assertThat(splits.train().classes()).containsExactly("a", "b");
    assertThat(splits.train().size()).isEqualTo(6);
    assertThat(splits.validation().size()).isEqualTo(validation == null ? 0 : 1);
    assertThat(splits.test().size()).isEqualTo(test == null ? 0 : 2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"test_tube,train_station", "dev,plane", "toy_train,toy_car", "Val,Valerie"})
  void classesMayBeCalledNearlyLikeSplits(String names) throws IOException {
    for (String name : names.split(",")) {
      images(name, 1);
    }
    assertThat(Splits.read(root, Fractions.NONE).train().classes())
        .containsExactlyInAnyOrder(names.split(","));
  }

  @Test
  void foldersThatLookLikeSplitsAreNotTakenForClassesInSilence() throws IOException {
    for (String name : List.of("learn/a", "learn/b", "check/a", "check/b")) {
      images(name, 1);
    }
    try (LogLines log = new LogLines(ClassFolders.class)) {
      assertThat(Splits.read(root, Fractions.NONE).train().classes())
          .containsExactly("check", "learn");
      assertThat(log.lines())
          .containsExactly(
              root
                  + ": check, learn all have the same folders, a, b, and are taken for the classes;"
                  + " if those are the classes, call these train, validation and test");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"test", "test/images"})
  void aTestWithoutLabelsIsLeftOut(String folder) throws IOException {
    images("train/a", 2);
    images("train/b", 2);
    images("val/b", 2);
    images(folder, 3);
    try (LogLines log = new LogLines(ClassFolders.class)) {
      Splits splits = Splits.read(root, Fractions.NONE);
      assertThat(splits.test().size()).isZero();
      assertThat(splits.validation().size()).isEqualTo(2);
      assertThat(log.lines())
          .containsExactly(
              root.resolve("test")
                  + ": no folder of a class in it, left out: its pictures have no labels");
    }
  }

  @Test
  void whatComputersPutBesideImagesDoesNotCount() throws IOException {
    for (String folder :
        List.of("a", "b", "@eaDir/a", "a/@eaDir", "__MACOSX/b", "$RECYCLE.BIN", "b/.thumbs")) {
      images(folder, 1);
    }
    Files.writeString(root.resolve("a/Thumbs.db"), "x");
    Dataset all = Splits.read(root, Fractions.NONE).train();
    assertThat(all.classes()).containsExactly("a", "b");
    assertThat(all.size()).isEqualTo(2);
  }

  @Test
  void linksAreFollowedButNotForEver() throws IOException {
    images("a", 2);
    images("b", 1);
    images("../" + root.getFileName() + "-else", 1);
    Path other = root.resolveSibling(root.getFileName() + "-else");
    Files.createSymbolicLink(root.resolve("a/up"), Path.of(".."));
    Files.createSymbolicLink(root.resolve("a/self"), Path.of("."));
    Files.createSymbolicLink(root.resolve("a/gone"), Path.of("none"));
    Files.createSymbolicLink(root.resolve("b/other"), other);
    try (LogLines log = new LogLines(ClassFolders.class)) {
      Dataset all = Splits.read(root, Fractions.NONE).train();
      assertThat(names(all)).contains(root.resolve("b/other/000.png").toString());
      assertThat(log.lines())
          .containsExactlyInAnyOrder(
              root.resolve("a/up") + ": a link to a folder around it, left out",
              root.resolve("a/self") + ": a link to a folder around it, left out");
    }
  }

  @Test
  void whatIsThereInsteadOfImagesIsSaid() throws IOException {
    images("a", 1);
    images("b", 1);
    Files.createDirectories(root.resolve("c"));
    Files.writeString(root.resolve("c/x.heic"), "x");
    Files.writeString(root.resolve("c/y.HEIC"), "x");
    try (LogLines log = new LogLines(ClassFolders.class)) {
      Splits.read(root, Fractions.NONE);
      assertThat(log.lines())
          .containsExactly(
              root.resolve("c") + ": no pictures in it that can be read (2 .heic), left out");
    }
  }

  @Test
  void aDivisionIsStratifiedAndDependsOnTheSeed() {
    int[] labels = IntStream.range(0, 1000).map(i -> i < 700 ? 0 : i < 995 ? 1 : 2).toArray();
    List<String> names = IntStream.range(0, 1000).mapToObj(Integer::toString).toList();
    Dataset all = Dataset.of(List.of("a", "b", "c", "none"), names, labels, _ -> null);

    Splits splits = Splits.of(all, new Fractions(0.2, 0.1, 3));

    assertThat(splits.train().counts()).containsExactly(490, 206, 3, 0);
    assertThat(splits.validation().counts()).containsExactly(140, 59, 1, 0);
    assertThat(splits.test().counts()).containsExactly(70, 30, 1, 0);
    Set<String> seen = new HashSet<>();
    for (Dataset part : List.of(splits.train(), splits.validation(), splits.test())) {
      assertThat(names(part))
          .isSortedAccordingTo((a, b) -> Integer.parseInt(a) - Integer.parseInt(b));
      assertThat(seen.addAll(names(part))).isTrue();
    }
    assertThat(seen).hasSize(1000);
    assertThat(names(Splits.of(all, new Fractions(0.2, 0.1, 3)).test()))
        .isEqualTo(names(splits.test()));
    assertThat(names(Splits.of(all, new Fractions(0.2, 0.1, 4)).test()))
        .isNotEqualTo(names(splits.test()));
  }

  @Test
  void aClassKeepsAPictureToLearnFrom() {
    Dataset all =
        Dataset.of(List.of("a", "b"), List.of("1", "2", "3"), new int[] {0, 1, 1}, _ -> null);
    Splits splits = Splits.of(all, new Fractions(0.5, 0.4, 0));
    assertThat(splits.train().counts()).containsExactly(1, 1);
    assertThat(splits.validation().counts()).containsExactly(0, 1);
    assertThat(splits.test().size()).isZero();
  }

  @Test
  void tablesAreRead() throws IOException {
    Files.write(root.resolve("one, two.png"), png);
    Files.writeString(
        root.resolve("list.csv"),
        "\ufeffid,Split,LABEL,path\r\n"
            + "1,train,\"a \"\"b\"\"\",\"one, two.png\"\r\n"
            + "2,val,c,sub/x.png\r\n"
            + "\r\n"
            + "3,train,c,/absolute.png\r\n"
            + "4,TEST,c,\"line\nend.png\"");

    Splits splits = Splits.read(root.resolve("list.csv"), Fractions.NONE);

    assertThat(splits.train().classes()).containsExactly("a \"b\"", "c");
    assertThat(splits.train().image(0).width()).isEqualTo(23);
    assertThat(splits.train().name(1)).isEqualTo("/absolute.png");
    assertThat(splits.validation().name(0)).isEqualTo(root.resolve("sub/x.png").toString());
    assertThat(splits.test().name(0)).endsWith("line\nend.png");
  }

  @Test
  void tablesNeedNoHeadings() throws IOException {
    Files.writeString(root.resolve("list.csv"), "x.png,b\ny.png,a\nz.png,b\n");
    Dataset all = Splits.read(root.resolve("list.csv"), Fractions.NONE).train();
    assertThat(all.classes()).containsExactly("a", "b");
    assertThat(IntStream.range(0, 3).map(all::label)).containsExactly(1, 0, 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "'' | empty, expected a line for each picture",
        "'a,b,c' | columns [a, b, c], expected headings with path and label among them, or these"
            + " two alone",
        "'a.png,b\nc.png' | line 2 has 1 fields, expected 2 as in the first",
        "'a.png,b\n\"c.png,b' | line 2: a quote is not closed",
        "'a.png,b\n\nc\".png,b' | line 3: a quote within a field without quotes",
        "'a.png,b\n\"c.png\"x,b' | line 2: \"x\" after a quoted field, expected a comma",
        "'a.png,b\n,b' | line 2: the path is empty",
        "'a.png,b\nb.png, ' | line 2: the label is empty",
        "'a.png,b\nb.png,b' | classes are [b], expected at least two",
        "'path,label,split\n"
            + "a,b,tset' | line 2: split is \"tset\", expected train, validation or test",
        "'path,label,split\na,b,train\na,c,test' | class \"c\" has no pictures to learn from"
      })
  void badTablesAreRefused(String text, String message) throws IOException {
    Path list = root.resolve("list.csv");
    Files.writeString(list, text);
    assertThatThrownBy(() -> Splits.read(list, Fractions.NONE))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(list + ": " + message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "id,breed\nP/0.png,a\nP/1.png,b\n",
        "image_path,label\nP/0.png,a\nP/1.png,b\n",
        "ImageID,ClassName\nP/0.png,a\nP/1.png,b\n",
        "\"File Path\",\"Class Index\",Labels\nP/0.png,0,a\nP/1.png,1,b\n",
        "image,target\r\nP/0.png,a\r\nP/1.png,b",
        "filepaths;labels\nP/0.png;a\nP/1.png;b\n",
        "path\tlabel\nP/0.png\ta\nP/1.png\tb\n",
        "path,label\rP/0.png,a\rP/1.png,b\r",
        ",image,flower\n0,P/0.png,a\n1,P/1.png,b\n",
        "Unnamed: 0,image,flower\n0,P/0.png,a\n1,P/1.png,b\n",
        "photo of it,kind\nP/0.png,a\nP/1.png,b\n",
        "kind,photo of it\na,P/0.png\nb,P/1.png\n",
        "species,where it is\na,P/0.png\nb,P/1.png\n",
        "id,name,file_of_it\n7,a,P/0.png\n8,b,P/1.png\n",
        "no,path,label\n7,P/0.png,a\n8,P/1.png,b\n",
        "P/0.png,a\nP/1.png,b\n",
        "a,P/0.png\nb,P/1.png\n",
        "P/0,a\nP/1,b\n",
        "path,label\nP\\0.png,a\nP\\1.png,b\n"
      })
  void aHeadingIsNeverAClass(String table) throws IOException {
    Path images = Files.createDirectories(root.resolve("P"));
    for (String name : List.of("0.png", "1.png", "0", "1")) {
      Files.write(images.resolve(name), png);
    }
    Path list = root.resolve(table.contains("\t") ? "list.tsv" : "list.csv");
    for (Charset charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16)) {
      Files.writeString(list, table, charset);
      Dataset all = Splits.read(list, Fractions.NONE).train();
      assertThat(all.classes()).containsExactly("a", "b");
      assertThat(names(all)).allMatch(name -> Files.exists(Path.of(name))).hasSize(2);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "'image,a,b\nx.png,1,0\ny.png,0,1' | a column for each class with 0 and 1 in it (one-hot:"
            + " [image, a, b]), expected one column of labels",
        "'q,r\nz,r' | columns [q, r], expected headings with path and label among them",
        "'q,r\nz.png,r\nu.png,w' | line 1 is [q, r]: neither a heading nor an image",
        "'image,width,height\nx.png,1,2' | columns [image, width, height], expected headings",
        "'q,r,s\na.png,b,c' | columns [q, r, s], expected headings"
      })
  void unclearTablesAreRefused(String text, String message) throws IOException {
    Path list = root.resolve("list.csv");
    Files.writeString(list, text);
    assertThatThrownBy(() -> Splits.read(list, Fractions.NONE))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(list + ": " + message);
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Files.write(root.resolve("list.csv"), new byte[] {'a', ',', (byte) 0xff});
    Files.write(root.resolve("data.tar.gz"), new byte[5]);
    Files.createDirectories(root.resolve("none"));
    images("flat", 2);
    images("single/a", 2);
    images("twice/train/a", 1);
    images("twice/val/a", 1);
    images("twice/valid/a", 1);
    assertFault("list.csv", ": is not text in UTF-8");
    assertFault("data.tar.gz", ": a file that is no CSV; unpack archives first, expected a folder");
    assertFault("missing", ": not there, expected a folder");
    assertFault("none", ": no folders in it, expected one with pictures for each class");
    assertFault("flat", ": no folders in it, expected one with pictures for each class");
    assertFault("single", ": classes are [a], expected at least two");
    assertFault("twice", ": both val and valid, expected one of them");
  }

  private void assertFault(String path, String message) {
    assertThatThrownBy(() -> Splits.read(root.resolve(path), Fractions.NONE))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining(message);
  }

  @Test
  void fractionsAreChecked() {
    for (double[] bad : new double[][] {{-0.1, 0}, {0, Double.NaN}, {0.5, 0.5}}) {
      assertThatThrownBy(() -> new Fractions(bad[0], bad[1], 0))
          .isInstanceOf(MobileNetException.class);
    }
  }

  private static List<String> identities(Dataset dataset) {
    return IntStream.range(0, dataset.size()).mapToObj(dataset::identity).toList();
  }

  @Test
  void anIdentityIsPlaceAndSizeWhereverTheFolderLies() throws IOException {
    images("here/a", 2);
    images("here/b", 1);
    Dataset here = Splits.read(root.resolve("here"), Fractions.NONE).train();
    assertThat(identities(here))
        .isEqualTo(
            List.of("a/000.png ", "a/001.png ", "b/000.png ").stream()
                .map(path -> path + png.length)
                .toList());
    List<String> before = identities(here);
    Files.move(root.resolve("here"), root.resolve("there"));
    Files.write(root.resolve("there/b/000.png"), new byte[7]);
    Dataset there = Splits.read(root.resolve("there"), Fractions.NONE).train();
    assertThat(identities(there).subList(0, 2)).isEqualTo(before.subList(0, 2));
    assertThat(there.identity(2)).isEqualTo("b/000.png 7");
    assertThat(there.subset(2, 0).identity(1)).isEqualTo(there.identity(0));
    Files.delete(root.resolve("there/b/000.png"));
    assertThat(there.identity(2)).isEqualTo("b/000.png");

    Files.writeString(root.resolve("table.csv"), "there/a/000.png,a\n/none/x.png,b\n");
    assertThat(identities(Splits.read(root.resolve("table.csv"), Fractions.NONE).train()))
        .containsExactly("there/a/000.png " + png.length, "/none/x.png");
  }

  @Test
  void idxFilesAreRead() throws IOException {
    write("train-images.idx3-ubyte", idx(3, 1, 2), 0, 9, 255, 1, 2, 3);
    write("train-labels-idx1-ubyte", idx(3), 2, 0, 1);

    Splits splits = Splits.read(root, Fractions.NONE);

    assertThat(splits.train().classes()).containsExactly("0", "1", "2");
    assertThat(splits.train().label(0)).isEqualTo(2);
    assertThat(splits.test().size()).isZero();
    RgbImage image = splits.train().image(1);
    assertThat(image.height()).isEqualTo(1);
    assertThat(image.rgb()).containsExactly(-1, -1, -1, 1, 1, 1);
    assertThat(splits.train().name(1)).endsWith("train-images.idx3-ubyte#1");
  }

  @ParameterizedTest
  @MethodSource("io.github.mobilenet4j.Locales#odd")
  void idxFilesHaveTheirNamesInEveryLocale(Locale locale) throws Exception {
    write("train-images-idx3-ubyte", idx(3, 1, 2), 0, 9, 255, 1, 2, 3);
    write("train-labels.idx1-ubyte", idx(3), 2, 0, 1);
    assertThat(Locales.in(locale, () -> Splits.read(root, Fractions.NONE)).train().size())
        .isEqualTo(3);
  }

  @Test
  void badIdxFilesAreRefused() throws IOException {
    String images = "train-images-idx3-ubyte";
    write(images, idx(3, 1, 2), 0, 9, 255, 1, 2, 3);
    assertFault("", ": no file train-labels-idx1-ubyte");
    write("train-labels-idx1-ubyte", idx(2), 2, 0);
    assertFault("", "labels-idx1-ubyte: 2 labels for the 3 pictures of train-images-idx3-ubyte");
    write(images, idx(3, 1, 2), 0, 9, 255, 1, 2);
    assertFault("", images + ": cut short");
    write(images, idx(1, 1, 2), 0, 9, 255);
    assertFault("", ": goes on after the 2 values it announces");
    write(images, idx(-1, 1, 2), 0, 9, 255);
    assertFault("", ": announces 4294967295 values");
    write(images, idx(2, 0, 2));
    assertFault("", ": pictures of 2×0 pixels, expected 1 to 100000000");
    write(images, idx(2), 0, 0);
    assertFault("", ": begins with [0, 0, 8, 1], expected an IDX file of bytes in 3 dimensions");
    Files.write(root.resolve(images), Arrays.copyOf(idx(3, 1, 2), 9));
    assertFault("", images + ": cut short");
  }

  @Test
  void fashionMnistIsRead() {
    Path folder = Path.of("/usr/share/datasets/fashion-mnist");
    assumeTrue(Files.exists(folder), "skipped: Debian's dataset-fashion-mnist is not installed");

    Splits splits = Splits.read(folder, Fractions.DEFAULT);

    assertThat(splits.train().counts()).hasSize(10).containsOnly(5400);
    assertThat(splits.validation().counts()).hasSize(10).containsOnly(600);
    assertThat(splits.test().counts()).hasSize(10).containsOnly(1000);
    // As Python's gzip and numpy read it: an ankle boot.
    assertThat(splits.test().label(0)).isEqualTo(9);
    RgbImage boot = splits.test().image(0);
    assertThat(IntStream.range(0, boot.rgb().length).map(i -> boot.rgb()[i] & 0xff).sum())
        .isEqualTo(3 * 33456);
  }

  private static byte[] idx(int... sizes) {
    ByteBuffer header = ByteBuffer.allocate(4 + 4 * sizes.length).put((byte) 0).put((byte) 0);
    header.put((byte) 8).put((byte) sizes.length);
    Arrays.stream(sizes).forEach(header::putInt);
    return header.array();
  }

  private void write(String name, byte[] header, int... values) throws IOException {
    byte[] file = Arrays.copyOf(header, header.length + values.length);
    for (int i = 0; i < values.length; i++) {
      file[header.length + i] = (byte) values[i];
    }
    Files.write(root.resolve(name), file);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a,b\n", ",\n", "a\n", "\n", ",", " a,"})
  void aSmallTableTakesLittleMemory(String line) {
    String text = line.repeat(5_000_000 / line.length());
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    assertThat(
            Cost.ofRefusing(() -> {
              Path file = Path.of("a.csv");
              Splits.complete(
                  file, ImageTable.list(file, bytes).datasets(), Splits.Fractions.DEFAULT);
            }))
        .startsWith("a.csv: ");
  }

  @Test
  void aSmallIdxFileMayNotBecomeALargeOne() throws Exception {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(file)) {
      zip.write(new byte[] {0, 0, 8, 1, 0x0c, 0, 0, 0});
      for (int i = 0; i < 1 << 8; i++) {
        zip.write(new byte[1 << 20]);
      }
    }
    assertThat(Cost.ofRefusing(() -> Idx.read("a", file.toByteArray(), 1)))
        .contains("announces 201326592 values, more than its ");
  }
}
