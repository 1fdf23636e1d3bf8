/** Reads models from other people's formats: one class a format, found by a file's content. */
package io.github.mobilenet4j.formats;
