/** An image or the camera, what a model says of it, and where it looked. */
import { json } from "./api.js";
import { el, fixed } from "./explain/dom.js";
import { veilCanvas } from "./explain/draw.js";
import { Camera, encoded } from "./images.js";
import { bars, button, chooser, droppable, select, status } from "./parts.js";

export function tryPage(root, { text, shared }) {
  const camera = new Camera();
  const models = shared.state.models;
  const target = { model: models.includes(shared.model) ? shared.model : models[0] };
  const said = status();
  const answer = bars(text("classes"));
  const photo = el("img", { alt: text("asSeen") });
  const veil = el("div", { class: "veil" });
  const stack = el("div", { class: "stack photo", hidden: true }, photo, veil);
  const invitation = el("p", { class: "invitation" }, text("dropHere"));
  const stage = el("div", { class: "stage" }, invitation, stack);
  const facts = el("p", { class: "note" });
  const understand = el("a", { class: "button", href: "#understand", hidden: true }, text("whyThis"));
  const where = el("input", { type: "checkbox", checked: true, onchange: () => (veil.hidden = !where.checked) });
  let last;
  let gone = false;

  async function look(blob, name) {
    const result = await json("POST", "try", target, blob);
    if (gone) {
      return;
    }
    last = blob;
    shared.image = { blob, name };
    photo.src = result.image;
    veil.replaceChildren(veilCanvas(result.map.values, result.map.height, result.map.width));
    stack.hidden = false;
    invitation.hidden = true;
    understand.hidden = false;
    answer.show(result.classes);
    facts.textContent = `${text("took", { ms: fixed(result.milliseconds, 1) })}${result.unknown ? ` ${text("unknown")}` : ""}`;
  }

  async function chosen(found) {
    if (found.length === 0) {
      said.textContent = text("noImage");
      return;
    }
    try {
      stop();
      said.textContent = "";
      await look(await encoded(found[0].file), found[0].file.name);
    } catch (fault) {
      said.textContent = fault.message;
    }
  }

  function stop() {
    camera.stop();
    live.textContent = text("cameraOn");
    live.setAttribute("aria-pressed", "false");
  }

  async function toggle() {
    if (camera.isOn) {
      stop();
      return;
    }
    try {
      await camera.start();
      live.textContent = text("cameraOff");
      live.setAttribute("aria-pressed", "true");
      said.textContent = "";
      while (camera.isOn && !gone) {
        await look(await camera.frame(), text("camera"));
        await new Promise(requestAnimationFrame);
      }
    } catch (fault) {
      said.textContent = fault.message;
      stop();
    }
  }

  const live = button(text("cameraOn"), toggle, { "aria-pressed": "false", disabled: !Camera.isAllowed() });
  const pasted = (event) => {
    const files = [...event.clipboardData.files];
    if (files.length > 0) {
      chosen(files.map((file) => ({ file, folder: "" })));
    }
  };
  document.addEventListener("paste", pasted);
  droppable(stage, chosen);
  root.replaceChildren(
    el("h1", {}, text("tryTitle")),
    el("p", { class: "lead" }, text("tryLead")),
    el("section", { class: "tryout" },
      el("div", {}, stage,
        el("div", { class: "tools" }, chooser(text("chooseImage"), {}, chosen), live,
          el("label", { class: "check" }, where, text("showWhere"))),
        Camera.isAllowed() ? undefined : el("p", { class: "note" }, text("noCamera"))),
      el("div", { class: "answer" },
        models.length > 1
          ? select(text("model"), models.map((name) => [name, name]), target.model, (name) => {
            target.model = name;
            shared.model = name;
            if (last) {
              look(last, shared.image.name).catch((fault) => (said.textContent = fault.message));
            }
          })
          : el("p", { class: "label" }, `${text("model")}: ${target.model}`),
        el("h2", {}, text("itSays")), answer.element, facts, understand, said)));
  if (shared.image) {
    look(shared.image.blob, shared.image.name).catch((fault) => (said.textContent = fault.message));
  }
  return () => {
    gone = true;
    camera.stop();
    document.removeEventListener("paste", pasted);
  };
}
