package io.github.mobilenet4j.files;

import io.github.mobilenet4j.MobileNetException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON (RFC 8259): what the core and the training store, safetensors headers, model metadata,
 * checkpoints and settings. It is here because this module depends on no library.
 *
 * <p>Values are {@code Map<String, Object>}, {@code List<Object>}, {@link String}, {@link Long} (a
 * whole number), {@link Double} (any other), {@link Boolean} and null. Stricter than the standard
 * where it leaves a choice: a key may stand once in an object, and depth and number of values are
 * limited, so that a hostile text cannot take much more memory than its own length; a number is one
 * that a double can hold.
 */
public final class Json {
  private static final int MAX_DEPTH = 32;
  private static final int MAX_VALUES = 1_000_000;

  private final String source;
  private final String text;
  private int at;
  private int depth;
  private int values;

  private Json(String source, String text) {
    this.source = source;
    this.text = text;
  }

  /**
   * Returns the one value of a text.
   *
   * @param source where it comes from, for messages
   * @throws MobileNetException if it is not JSON, or beyond the limits
   */
  public static Object parse(String source, String text) {
    Json json = new Json(source, text);
    Object value = json.value();
    json.skipSpace();
    if (json.at < text.length()) {
      throw json.fault("the end");
    }
    return value;
  }

  /**
   * Returns a value as text: a map with string keys, iterable, string, number, boolean or null.
   *
   * @throws MobileNetException if a number is not finite, for which JSON has no word
   */
  public static String text(Object value) {
    StringBuilder out = new StringBuilder();
    write(out, value, "", "");
    return out.toString();
  }

  /** Returns a value as lines for people: one for each entry of a map, two spaces a level. */
  public static String lines(Object value) {
    StringBuilder out = new StringBuilder();
    write(out, value, "\n", "  ");
    return out.append('\n').toString();
  }

  private static void write(StringBuilder out, Object value, String line, String indent) {
    switch (value) {
      case Map<?, ?> map -> {
        String inner = line + indent;
        String separator = inner;
        out.append('{');
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          out.append(separator);
          quote(out, (String) entry.getKey());
          out.append(indent.isEmpty() ? ":" : ": ");
          write(out, entry.getValue(), inner, indent);
          separator = "," + inner;
        }
        out.append(map.isEmpty() ? "" : line).append('}');
      }
      case Iterable<?> list -> {
        String separator = "";
        out.append('[');
        for (Object item : list) {
          out.append(separator);
          write(out, item, line, indent);
          separator = indent.isEmpty() ? "," : ", ";
        }
        out.append(']');
      }
      case String string -> quote(out, string);
      case Number number when !Double.isFinite(number.doubleValue()) ->
          throw new MobileNetException("a value is " + number + ", JSON has finite numbers only");
      case null, default -> out.append(value);
    }
  }

  private static void quote(StringBuilder out, String string) {
    out.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || Character.isSurrogate(c)) {
        // Escaped, because a lone surrogate has no UTF-8 form.
        out.append("\\u%04x".formatted((int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }

  private Object value() {
    if (++values > MAX_VALUES) {
      throw fault("at most " + MAX_VALUES + " values");
    }
    skipSpace();
    return switch (peek()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, Object> object() {
    Map<String, Object> object = new LinkedHashMap<>();
    enter('{');
    if (leaves('}')) {
      return object;
    }
    do {
      skipSpace();
      String key = string();
      skipSpace();
      expect(':');
      if (object.containsKey(key)) {
        throw fault("key \"" + MobileNetException.abridged(key) + "\" once");
      }
      object.put(key, value());
    } while (continues('}'));
    return object;
  }

  private List<Object> array() {
    List<Object> array = new ArrayList<>();
    enter('[');
    if (leaves(']')) {
      return array;
    }
    do {
      array.add(value());
    } while (continues(']'));
    return array;
  }

  private void enter(char open) {
    expect(open);
    if (++depth > MAX_DEPTH) {
      throw fault("at most " + MAX_DEPTH + " levels");
    }
  }

  private boolean leaves(char close) {
    skipSpace();
    if (peek() != close) {
      return false;
    }
    at++;
    depth--;
    return true;
  }

  private boolean continues(char close) {
    if (leaves(close)) {
      return false;
    }
    expect(',');
    return true;
  }

  private String string() {
    expect('"');
    int start = at;
    StringBuilder unescaped = null;
    while (true) {
      char c = peek();
      if (c == '"') {
        String tail = text.substring(start, at++);
        return unescaped == null ? tail : unescaped.append(tail).toString();
      }
      if (c < ' ') {
        throw fault("a character of a string");
      }
      if (c != '\\') {
        at++;
        continue;
      }
      unescaped = unescaped == null ? new StringBuilder() : unescaped;
      unescaped.append(text, start, at++).append(escaped());
      start = at;
    }
  }

  private char escaped() {
    char c = peek();
    int simple = "\"\\/bfnrt".indexOf(c);
    if (simple >= 0) {
      at++;
      return "\"\\/\b\f\n\r\t".charAt(simple);
    }
    if (c != 'u') {
      throw fault("an escape");
    }
    at++;
    int code = 0;
    for (int i = 0; i < 4; i++) {
      int digit = peek() < 128 ? Character.digit(peek(), 16) : -1;
      if (digit < 0) {
        throw fault("a hexadecimal digit");
      }
      code = code << 4 | digit;
      at++;
    }
    return (char) code;
  }

  private Object word(String word, Object meaning) {
    if (!text.startsWith(word, at)) {
      throw fault("a value");
    }
    at += word.length();
    return meaning;
  }

  private Object number() {
    int start = at;
    skip('-');
    if (!skip('0')) {
      digits();
    }
    int whole = at;
    if (skip('.')) {
      digits();
    }
    if (skip('e') || skip('E')) {
      if (!skip('-')) {
        skip('+');
      }
      digits();
    }
    String number = text.substring(start, at);
    // 18 digits always fit a long.
    if (at == whole && at - start <= 18) {
      return Long.valueOf(number);
    }
    double value = Double.parseDouble(number);
    if (Double.isInfinite(value)) {
      at = start;
      throw fault("a number that fits a double");
    }
    return value;
  }

  private void digits() {
    if (!isDigit()) {
      throw fault("a value");
    }
    while (isDigit()) {
      at++;
    }
  }

  private boolean isDigit() {
    return peek() >= '0' && peek() <= '9';
  }

  private boolean skip(char c) {
    boolean found = peek() == c;
    at += found ? 1 : 0;
    return found;
  }

  private void expect(char c) {
    if (!skip(c)) {
      throw fault("'" + c + "'");
    }
  }

  private void skipSpace() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') {
      at++;
    }
  }

  /** Returns the next character, 0 at the end (which no JSON text holds). */
  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private MobileNetException fault(String expected) {
    String found =
        at >= text.length()
            ? "the end"
            : peek() > ' ' && peek() < 127
                ? "'" + peek() + "'"
                : "character U+%04X".formatted((int) peek());
    return new MobileNetException(
        "%s: JSON at character %s is %s, expected %s".formatted(source, at, found, expected));
  }
}
