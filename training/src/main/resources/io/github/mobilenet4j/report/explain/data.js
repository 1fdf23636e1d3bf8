/** The data of ExplanationData: numbers unpacked, and what is computed of them. */

/** Returns the numbers of something packed: scale · (q − zero). */
export function unpack(packed) {
  const binary = atob(packed.data);
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  if (packed.type === "f32") {
    return new Float32Array(bytes.buffer);
  }
  const integers = packed.type === "u16" ? new Uint16Array(bytes.buffer) : bytes;
  const { scale, zero } = packed;
  return Float32Array.from(integers, (q) => scale * (q - zero));
}

/** Returns a function that computes once. */
function once(compute) {
  let value;
  return () => (value ??= compute());
}

/** A layer's row with its numbers, which are unpacked when they are first asked for. */
class Row {
  constructor(row) {
    this.name = row.name;
    this.kind = row.kind;
    this.block = row.block;
    this.geometry = row.geometry;
    this.cost = row.cost;
    this.channels = row.shown.channels;
    this.largest = row.shown.largest;
    this.steps = row.shown.steps;
    [this.height, this.width, this.depth] = row.geometry.out;
    this.maps = once(() => unpack(row.shown.maps));
    this.weights = once(() => unpack(row.shown.sums.weights));
    this.biases = once(() => unpack(row.shown.sums.biases));
    this.others = once(() => unpack(row.shown.sums.others));
  }

  /** Returns a value of a shown map; 0 outside. */
  at(index, row, column) {
    return this.has(row, column)
      ? this.maps()[(index * this.height + row) * this.width + column]
      : 0;
  }

  has(row, column) {
    return row >= 0 && row < this.height && column >= 0 && column < this.width;
  }

  /** Returns the numbers of one shown map. */
  map(index) {
    const area = this.height * this.width;
    return this.maps().subarray(index * area, (index + 1) * area);
  }

  /** Returns where the window of a place begins in the input. */
  corner(row, column) {
    const { stride, before } = this.geometry;
    return [row * stride - before[0], column * stride - before[1]];
  }

  /** Returns the receptive field of a place, [first, last] of rows and of columns. */
  field(row, column) {
    const { rows, columns } = this.geometry;
    const top = rows.start + row * rows.stride;
    const left = columns.start + column * columns.stride;
    return [[top, top + rows.size - 1], [left, left + columns.size - 1]];
  }
}

/** The image, as bytes and as the numbers of the first layer. */
class Picture {
  constructor(image) {
    this.height = image.height;
    this.width = image.width;
    this.channels = image.channels;
    this.rgb = unpackBytes(image.rgb);
    this.numbers = unpack(image.numbers);
  }

  at(channel, row, column) {
    if (row < 0 || row >= this.height || column < 0 || column >= this.width) {
      return 0;
    }
    const byte = this.rgb[(row * this.width + column) * 3 + channel];
    return this.numbers[byte * this.channels + channel];
  }

  has(row, column) {
    return row >= 0 && row < this.height && column >= 0 && column < this.width;
  }
}

function unpackBytes(packed) {
  return Uint8Array.from(atob(packed.data), (character) => character.charCodeAt(0));
}

/** All that is known of an image's way through a network. */
export class Explanation {
  constructor(json) {
    this.about = json.about;
    this.image = new Picture(json.image);
    this.layers = json.layers.map((row) => new Row(row));
    this.operators = json.operators;
    this.multipliers = json.multipliers;
    this.features = unpack(json.features);
    this.classes = json.classes.map((map) => ({
      ...map.guess,
      ...map.sum,
      linear: map.linear,
      values: unpack(map.values),
      weights: unpack(map.weights),
    }));
    this.milliseconds = json.operators.reduce((sum, o) => sum + o.milliseconds, 0);
    this.stem = this.layers[0];
    this.last = this.layers.findLast((row) => row.channels.length > 0);
    this.blocks = [];
    for (const row of this.layers) {
      if (row.kind === "depthwise") {
        const before = this.layers[this.layers.indexOf(row) - 1];
        this.blocks.push({ number: row.block, input: before, depthwise: row });
      } else if (row.kind === "pointwise") {
        this.blocks.at(-1).pointwise = row;
      }
    }
    this.blocks.forEach((block, i) => (block.operator = this.operators[i + 1]));
  }

  /** Applies the network's activation. */
  activate(value) {
    const positive = Math.max(value, 0);
    return this.about.ceiling > 0 ? Math.min(positive, this.about.ceiling) : positive;
  }

  get activationName() {
    return this.about.ceiling > 0 ? `ReLU${this.about.ceiling}` : "ReLU";
  }
}

/** Returns the terms of a depthwise value: nine inputs with their weights. */
export function depthwiseTerms(block, index, row, column) {
  const { depthwise, input } = block;
  const [top, left] = depthwise.corner(row, column);
  return window3((i, j) => ({
    inside: input.has(top + i, left + j),
    value: input.at(index, top + i, left + j),
    weight: depthwise.weights()[index * 9 + i * 3 + j],
  }));
}

/** Returns the terms of a value of the stem: nine of each channel of the image. */
export function stemTerms(explanation, index, row, column) {
  const { stem, image } = explanation;
  const [top, left] = stem.corner(row, column);
  const count = image.channels;
  return Array.from({ length: count }, (_, c) =>
    window3((i, j) => ({
      inside: image.has(top + i, left + j),
      value: image.at(c, top + i, left + j),
      weight: stem.weights()[index * 9 * count + (i * 3 + j) * count + c],
    })));
}

/** Returns the terms of a pointwise value: those of the shown channels, and the others as one. */
export function pointwiseTerms(block, index, row, column) {
  const { depthwise, pointwise } = block;
  const all = depthwise.depth;
  const column0 = pointwise.weights().subarray(index * all, (index + 1) * all);
  const terms = depthwise.channels.map((channel, i) => ({
    channel,
    value: depthwise.at(i, row, column),
    weight: column0[channel],
  }));
  const place = (index * pointwise.height + row) * pointwise.width + column;
  return { terms, column: column0, others: pointwise.others()[place] };
}

/** Returns the sum of products. */
export function sumOf(terms) {
  return terms.reduce((sum, term) => sum + term.value * term.weight, 0);
}

function window3(term) {
  return Array.from({ length: 9 }, (_, n) => term(Math.floor(n / 3), n % 3));
}
