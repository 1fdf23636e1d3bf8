/** Images from files, folders, the clipboard and the camera. */
const SIDE = 640;

/** Returns the images among files that were dropped or pasted, with the folder that each lay in. */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) {
    return ofFiles([...transfer.files]);
  }
  const found = [];
  for (const entry of entries) {
    await walk(entry, "", found);
  }
  return found;
}

async function walk(entry, folder, found) {
  if (entry.name.startsWith(".")) {
    return;
  }
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    if (isImage(file)) {
      found.push({ file, folder });
    }
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) {
      return;
    }
    for (const each of some) {
      await walk(each, entry.name, found);
    }
  }
}

/** Returns the images among chosen files, with the folder that each lies in. */
export function ofFiles(files) {
  return files.filter(isImage).map((file) => ({ file, folder: (file.webkitRelativePath ?? "").split("/").at(-2) ?? "" }));
}

function isImage(file) {
  return file.type.startsWith("image/") || /\.(jpe?g|png|webp|gif|bmp)$/i.test(file.name);
}

/** Returns a JPEG or PNG as it is, and of anything else that the browser knows a JPEG. */
export async function encoded(file) {
  const head = new Uint8Array(await file.slice(0, 3).arrayBuffer());
  if ((head[0] === 0xff && head[1] === 0xd8) || (head[0] === 0x89 && head[1] === 0x50)) {
    return file;
  }
  const bitmap = await createImageBitmap(file);
  return jpeg(bitmap, bitmap.width, bitmap.height);
}

function jpeg(source, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(source, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

/** The camera, which one part of the page has at a time. */
export class Camera {
  constructor() {
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.setAttribute("aria-hidden", "true");
  }

  /** Whether a page from this address may use it: from this machine, or by https. */
  static isAllowed() {
    return navigator.mediaDevices?.getUserMedia !== undefined;
  }

  get isOn() {
    return this.stream !== undefined;
  }

  async start() {
    this.stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: { ideal: "environment" }, width: { ideal: SIDE }, height: { ideal: 480 } },
    });
    this.video.srcObject = this.stream;
    await this.video.play();
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = undefined;
  }

  /** Returns what it sees as JPEG. */
  frame() {
    const { videoWidth: width, videoHeight: height } = this.video;
    const scale = Math.min(1, SIDE / Math.max(width, height));
    return jpeg(this.video, Math.round(width * scale), Math.round(height * scale));
  }
}
