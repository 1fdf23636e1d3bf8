/** How the other packages read and write files; exported to formats only. */
package io.github.mobilenet4j.files;
