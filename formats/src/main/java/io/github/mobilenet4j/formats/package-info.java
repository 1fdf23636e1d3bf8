/**
 * Reads models from other people's formats, one class a format, found by a file's content; and
 * writes them, one {@link io.github.mobilenet4j.formats.Export} a format.
 */
package io.github.mobilenet4j.formats;
