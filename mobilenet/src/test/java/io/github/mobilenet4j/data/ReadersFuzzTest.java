package io.github.mobilenet4j.data;

import io.github.mobilenet4j.Mutations;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class ReadersFuzzTest {
  @Test
  void table() {
    Mutations.fuzz(
        Stream.of(
                "a.png,cat\nb.png,dog\n\"c, d.png\",\"a \"\"cat\"\"\"\n",
                "id,split,path,label\r\n"
                    + "1,train,a,x\r\n"
                    + "2,val,b,y\r\n"
                    + "3,test,\"c\",x\r\n"
                    + "4,train,d,y\n")
            .map(text -> text.getBytes(StandardCharsets.UTF_8))
            .toList(),
        bytes -> PictureTable.list(Path.of("fuzz.csv"), bytes).splits(Splits.Fractions.DEFAULT));
  }

  @Test
  void idxLabels() {
    byte[] labels = {0, 0, 8, 1, 0, 0, 0, 3, 2, 1, 0};
    byte[] images = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6};
    Path file = Path.of("fuzz");
    Mutations.fuzz(
        List.of(labels), bytes -> IdxFolder.Pictures.of(file, images, file, bytes).picture(2));
  }

  @Test
  void idx() throws IOException {
    byte[] labels = {0, 0, 8, 1, 0, 0, 0, 3, 2, 1, 0};
    byte[] images = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6};
    ByteArrayOutputStream gz = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(gz)) {
      out.write(images);
    }
    Path file = Path.of("fuzz");
    Mutations.fuzz(
        List.of(images, gz.toByteArray()),
        bytes -> {
          IdxFolder.Pictures pictures = IdxFolder.Pictures.of(file, bytes, file, labels);
          for (int i = 0; i < 3; i++) {
            pictures.picture(i);
          }
        });
  }
}
