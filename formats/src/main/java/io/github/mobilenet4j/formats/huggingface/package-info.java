/** Safetensors files, and the configurations that stand beside weights on the Hugging Face Hub. */
package io.github.mobilenet4j.formats.huggingface;
