/** Numbers as pictures. */
import { el } from "./dom.js";

/** Viridis, by five of its colours: dark for 0, yellow for the most; told apart also without colour. */
const STOPS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
const FOR = [235, 94, 20];
const AGAINST = [40, 100, 230];

function blend(a, b, part) {
  return a.map((value, i) => value + (b[i] - value) * part);
}

function viridis(part) {
  const at = Math.min(Math.max(part, 0), 1) * (STOPS.length - 1);
  const index = Math.min(Math.floor(at), STOPS.length - 2);
  return blend(STOPS[index], STOPS[index + 1], at - index);
}

function canvasOf(height, width, pixel) {
  const canvas = el("canvas", { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const [r, g, b, a = 255] = pixel(i);
    image.data.set([r, g, b, a], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Returns a feature map, a pixel a value; for who cannot see it it is decoration. */
export function mapCanvas(values, height, width) {
  let most = 0;
  for (const value of values) {
    most = Math.max(most, value);
  }
  const canvas = canvasOf(height, width, (i) => viridis(most > 0 ? values[i] / most : 0));
  canvas.setAttribute("aria-hidden", "true");
  canvas.className = "map";
  return canvas;
}

/** Returns the image itself. */
export function imageCanvas(image) {
  const canvas = canvasOf(image.height, image.width, (i) => image.rgb.subarray(3 * i, 3 * i + 3));
  canvas.className = "photo";
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

/** Returns a map of positive and negative values as a veil, to lie over the image. */
export function veilCanvas(values, height, width) {
  const most = largestOf(values);
  const canvas = canvasOf(height, width, (i) => {
    const part = most > 0 ? values[i] / most : 0;
    return [...(part > 0 ? FOR : AGAINST), 215 * Math.abs(part) ** 1.6];
  });
  canvas.className = "veil";
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

/** Returns the largest magnitude. */
export function largestOf(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/**
 * Returns a large picture on which a place can be chosen, with a frame around some of its cells.
 *
 * @param canvas a pixel a cell
 * @param move called with the row and column under the pointer, or a step of rows and columns
 */
export function board(canvas, { point, step }) {
  const frame = el("div", { class: "frame" });
  const box = el("div", {
    class: "board",
    tabindex: "0",
    role: "application",
    onpointermove: (event) => event.pointerType !== "touch" && pointed(event),
    onpointerdown: pointed,
    onkeydown: (event) => {
      const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
      if (steps[event.key]) {
        event.preventDefault();
        step(...steps[event.key]);
      }
    },
  }, canvas, frame);
  const { width, height } = canvas;
  function pointed(event) {
    const area = box.getBoundingClientRect();
    const row = Math.floor((event.clientY - area.top) / area.height * height);
    const column = Math.floor((event.clientX - area.left) / area.width * width);
    point(Math.min(Math.max(row, 0), height - 1), Math.min(Math.max(column, 0), width - 1));
  }
  return {
    element: box,
    /** Shows where the frame is, and says it. */
    show([top, bottom], [left, right], label) {
      placed(frame, [top, bottom, height], [left, right, width]);
      box.setAttribute("aria-label", label);
    },
  };
}

/** Lays an element over some rows and columns, the last ones included, of what it is in. */
export function placed(element, [top, bottom, height], [left, right, width]) {
  element.style.top = `${100 * top / height}%`;
  element.style.height = `${100 * (bottom - top + 1) / height}%`;
  element.style.left = `${100 * left / width}%`;
  element.style.width = `${100 * (right - left + 1) / width}%`;
}
