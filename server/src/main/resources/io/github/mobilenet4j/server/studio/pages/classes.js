/** A class: its images, how more of them come, and what is done with some. */
import { json, show } from "./api.js";
import { el } from "./explain/dom.js";
import { button, chooser, droppable } from "./parts.js";

const SHOWN = 18;
const MORE = 120;

/** Milliseconds between two images of a recording. */
const RECORDING = 120;

/** Returns small images, each with what it is. */
export function thumbnails({ project }, images) {
  return el("div", { class: "thumbs" }, images.map((image) => {
    const img = el("img", { alt: `${image.class}: ${image.name}`, title: image.class, loading: "lazy", width: 64, height: 64 });
    show(img, "image", { project, class: image.class, name: image.name });
    return img;
  }));
}

export function classCard(page, name) {
  const { text, project, fail } = page;
  const of = (more = {}) => ({ project, class: name, ...more });
  const chosen = new Set();
  const count = el("span", { class: "count" });
  const thumbs = el("div", { class: "thumbs", role: "group", "aria-label": text("imagesOf", { name }) });
  const more = button(text("showMore"), () => {
    limit += MORE;
    load();
  }, { hidden: true });
  const selected = el("div", { class: "selected tools", hidden: true });
  let limit = SHOWN;
  let known = -1;

  async function load() {
    const { images } = await json("GET", "images", of());
    for (const image of chosen) {
      if (!images.includes(image)) {
        chosen.delete(image);
      }
    }
    // The newest are not the last: names say nothing of time. So many, and the others when asked for.
    thumbs.replaceChildren(...images.slice(0, limit).map((image) => thumb(image)));
    more.hidden = images.length <= limit;
    act();
  }

  function thumb(image) {
    const img = el("img", { alt: "", loading: "lazy", width: 64, height: 64 });
    show(img, "image", of({ name: image }));
    const one = button(img, () => {
      chosen[chosen.has(image) ? "delete" : "add"](image);
      one.setAttribute("aria-pressed", String(chosen.has(image)));
      act();
    }, { class: "thumb", "aria-pressed": String(chosen.has(image)), "aria-label": text("image", { name: image }) });
    return one;
  }

  /** What can be done with those that are chosen. */
  function act() {
    selected.hidden = chosen.size === 0;
    if (chosen.size === 0) {
      return;
    }
    const others = page.names().filter((other) => other !== name);
    const each = async (method, parameters) => {
      let last;
      for (const image of [...chosen]) {
        last = await json(method, "image", of({ name: image, ...parameters }));
      }
      chosen.clear();
      known = -1;
      page.changed(last);
    };
    const target = el("select", { "aria-label": text("moveTo") }, others.map((other) => el("option", { value: other }, other)));
    selected.replaceChildren(
      el("span", {}, text("chosen", { count: chosen.size })),
      button(text("remove"), () => each("DELETE", {}).catch(fail)),
      ...(others.length > 0 ? [button(text("move"), () => each("PUT", { to: target.value }).catch(fail)), target] : []));
  }

  // Held by pointer or by key; each image is sent before the next is taken.
  let recording = false;
  async function record() {
    if (recording) {
      return;
    }
    recording = true;
    hold.classList.add("recording");
    try {
      while (recording && page.camera.isOn) {
        const taken = performance.now();
        const { images } = await json("POST", "image", of(), await page.camera.frame());
        count.textContent = images;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, RECORDING - (performance.now() - taken))));
      }
    } catch (fault) {
      fail(fault);
    }
    release();
    page.changed();
  }
  function release() {
    recording = false;
    hold.classList.remove("recording");
  }
  const hold = button(text("hold"), () => {}, {
    hidden: !page.camera.isOn, class: "hold",
    onpointerdown: (event) => {
      hold.setPointerCapture(event.pointerId);
      record();
    },
    onpointerup: release, onpointercancel: release, onblur: release,
    onkeydown: (event) => (event.key === " " || event.key === "Enter") && !event.repeat && record(),
    onkeyup: release,
    oncontextmenu: (event) => event.preventDefault(),
  });

  const rename = button(text("rename"), () => {
    const input = el("input", { type: "text", value: name, maxlength: 60, required: true, "aria-label": text("className") });
    const form = el("form", {
      class: "tools",
      onsubmit: (event) => {
        event.preventDefault();
        json("PUT", "class", of({ name: input.value })).then(page.changed).catch(fail);
      },
    }, input, button(text("go"), undefined, { type: "submit" }));
    rename.replaceWith(form);
    input.select();
  });
  const remove = button(text("removeClass"), () => {
    if (confirm(text("sure", { name }))) {
      json("DELETE", "class", of()).then(page.changed).catch(fail);
    }
  });
  const element = el("article", { class: "card", "aria-label": name },
    el("div", { class: "title" }, el("h2", {}, el("bdi", {}, name)), count),
    el("div", { class: "tools" }, chooser(text("addImages"), { multiple: true }, (found) => page.send(found, name).catch(fail)), hold),
    selected, thumbs, more,
    el("details", {}, el("summary", {}, text("more")), el("div", { class: "tools" }, rename, remove)));
  droppable(element, (found) => page.send(found, name).catch(fail));
  return {
    element,
    show(images) {
      if (images !== known) {
        known = images;
        count.textContent = images;
        load().catch(fail);
      }
    },
    camera: (is) => (hold.hidden = !is),
  };
}
