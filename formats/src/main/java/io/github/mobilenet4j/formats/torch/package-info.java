/**
 * PyTorch's files: a pickle that is never run, in a zip archive or a stream, and the archive that
 * is written.
 */
package io.github.mobilenet4j.formats.torch;
