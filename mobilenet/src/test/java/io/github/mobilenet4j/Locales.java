package io.github.mobilenet4j;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Locales that write numbers and change letters as no machine reads them. */
public final class Locales {
  /** A decimal comma; the i without a dot; and Arabic, Persian, Thai and Hindi digits. */
  private static final List<Locale> ODD =
      List.of(
          Locale.GERMANY,
          Locale.of("tr", "TR"),
          Locale.of("ar", "EG"),
          Locale.of("fa", "IR"),
          Locale.forLanguageTag("th-TH-u-ca-buddhist-nu-thai"),
          Locale.forLanguageTag("hi-IN-u-nu-deva"));

  private Locales() {}

  /** Returns the locales. */
  public static List<Locale> odd() {
    return ODD;
  }

  /** Returns what work returns while a locale is the default. */
  public static <T> T in(Locale locale, Callable<T> work) throws Exception {
    Locale before = Locale.getDefault();
    Locale.setDefault(locale);
    try {
      return work.call();
    } finally {
      Locale.setDefault(before);
    }
  }
}
