package io.github.mobilenet4j.files;

import io.github.mobilenet4j.MobileNetException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** The text of files that people write, with tables or lists in it. */
public final class Text {
  private static final char BYTE_ORDER_MARK = '\ufeff';

  private Text() {}

  /**
   * Returns the text of a file in UTF-8, or in UTF-16 with the mark that says so. Lines end with LF
   * or CR LF; where all end with CR alone, with LF in the text returned.
   *
   * @param name what to call it in messages
   * @throws MobileNetException if it is in another encoding, which no reader can know for certain
   */
  public static String of(Object name, byte[] bytes) {
    Charset charset = charset(bytes);
    String text;
    try {
      text = charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new MobileNetException(
          name
              + ": is not text in UTF-8; if it is in another encoding such as Windows-1252"
              + " (Latin-1), save it again as UTF-8 (Excel: \"CSV UTF-8\")",
          e);
    }
    if (!text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK) {
      text = text.substring(1);
    }
    return text.indexOf('\n') < 0 ? text.replace('\r', '\n') : text;
  }

  private static Charset charset(byte[] bytes) {
    int mark = bytes.length < 2 ? 0 : (bytes[0] & 0xff) << 8 | bytes[1] & 0xff;
    return switch (mark) {
      case 0xfffe -> StandardCharsets.UTF_16LE;
      case 0xfeff -> StandardCharsets.UTF_16BE;
      default -> StandardCharsets.UTF_8;
    };
  }
}
