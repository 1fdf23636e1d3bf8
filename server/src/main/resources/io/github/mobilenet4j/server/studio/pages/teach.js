/** Projects: classes with images, a classifier that learns at once, and what people should know of it. */
import { json } from "./api.js";
import { el, percent } from "./explain/dom.js";
import { classCard, thumbnails } from "./classes.js";
import { Camera, encoded } from "./images.js";
import { bars, button, chooser, droppable, select, status } from "./parts.js";
import { trainingParts } from "./training.js";

/** So often what the server does is asked for: while it works, and else, as files may come by hand. */
const BUSY = 700;
const IDLE = 5000;

/** So many images are sent at once. */
const SENDING = 4;

export async function teachPage(root, context) {
  return context.rest ? projectPage(root, context) : projectsPage(root, context);
}

function projectsPage(root, { text, shared }) {
  const { projects, models } = shared.state;
  const said = status();
  let model = models[0];
  const name = el("input", { type: "text", required: true, maxlength: 60, autocomplete: "off" });
  const form = el("form", {
    class: "tools",
    onsubmit: async (event) => {
      event.preventDefault();
      try {
        const { project } = await json("POST", "projects", { name: name.value, model });
        location.hash = `#teach/${encodeURIComponent(project)}`;
      } catch (fault) {
        said.textContent = fault.message;
      }
    },
  },
  el("label", { class: "field" }, el("span", {}, text("projectName")), name),
  models.length > 1 ? select(text("beginsWith"), models.map((one) => [one, one]), model, (value) => (model = value)) : undefined,
  button(text("create"), undefined, { type: "submit", class: "primary" }));
  root.replaceChildren(
    el("h1", {}, text("teachTitle")), el("p", { class: "lead" }, text("teachLead")),
    el("section", {}, el("h2", {}, text("newProject")), form, said),
    projects.length === 0 ? el("div") : el("section", {}, el("h2", {}, text("projects")),
      el("ul", { class: "projects" }, projects.map((one) =>
        el("li", {}, el("a", { class: "button", href: `#teach/${encodeURIComponent(one)}` }, el("bdi", {}, one)))))));
}

async function projectPage(root, { text, rest: project, shared }) {
  const of = (more = {}) => ({ project, ...more });
  const said = status();
  const camera = new Camera();
  const cards = new Map();
  const grid = el("div", { class: "cards" });
  const counts = el("p", { class: "lead" });
  const learned = el("p", { class: "note" });
  const advice = el("ul", { class: "advice" });
  const adviceBox = el("section", { hidden: true }, el("h2", {}, text("adviceTitle")), advice);
  const answer = bars(text("classes"));
  let gone = false;
  let timer;
  // Before anything can be pressed.
  let state = await json("GET", "project", of());

  /** What a card needs of the page. */
  const page = {
    text, project, camera,
    fail: (fault) => (said.textContent = fault.message),
    changed: (now) => (now ? update(now) : refresh()),
    send, names: () => state.classes.map((one) => one.name),
  };
  const training = trainingParts(page);

  async function refresh() {
    clearTimeout(timer);
    if (gone) {
      return;
    }
    try {
      update(await json("GET", "project", of()));
    } catch (fault) {
      said.textContent = fault.message;
      timer = setTimeout(refresh, IDLE);
    }
  }

  function update(now) {
    clearTimeout(timer);
    if (gone) {
      return;
    }
    state = now;
    for (const { name, images } of now.classes) {
      if (!cards.has(name)) {
        cards.set(name, classCard(page, name));
        grid.insertBefore(cards.get(name).element, add);
      }
      cards.get(name).show(images);
    }
    for (const [name, card] of cards) {
      if (!now.classes.some((one) => one.name === name)) {
        card.element.remove();
        cards.delete(name);
      }
    }
    counts.textContent = text("counts", { classes: now.classes.length, images: now.images });
    const ready = now.head && now.head.current && now.reviewed;
    learned.textContent = !now.head
      ? text("needTwo")
      : now.done < now.images
        ? text("looking", { done: now.done, images: now.images })
        : `${text("learned", { images: now.head.images, ms: Math.max(1, Math.round(now.head.milliseconds)) })} ${
          ready ? text("accuracy", { percent: percent(now.accuracy) }) : text("checking")}`;
    adviceBox.hidden = now.advice.length === 0;
    const key = JSON.stringify(now.advice);
    if (advice.dataset.key !== key) {
      advice.dataset.key = key;
      advice.replaceChildren(...now.advice.map((one) => advised(page, one)));
    }
    training.update(now, ready);
    timer = setTimeout(refresh, now.images > 0 && (now.busy || !ready) && now.classes.length > 1 ? BUSY : IDLE);
  }

  /** Sends images into a class, or each into the class that its folder is called like. */
  async function send(found, className) {
    const waiting = [...found];
    let sent = 0;
    const problems = [];
    const known = new Set(page.names());
    for (const folder of new Set(found.map((one) => className ?? one.folder))) {
      if (!known.has(folder)) {
        await json("POST", "class", of({ name: folder }));
      }
    }
    async function sender() {
      for (let one = waiting.shift(); one; one = waiting.shift()) {
        try {
          await json("POST", "image", of({ class: className ?? one.folder }), await encoded(one.file));
        } catch (fault) {
          problems.push(`${one.file.name}: ${fault.message}`);
        }
        said.textContent = text("sent", { sent: ++sent, all: found.length });
        if (sent % 50 === 0) {
          refresh();
        }
      }
    }
    await Promise.all(Array.from({ length: SENDING }, sender));
    said.textContent = problems.length > 0
      ? `${text("notSent", { count: problems.length })} ${problems.slice(0, 3).join("; ")}`
      : found.length === 0 ? text("noImage") : text("added", { count: found.length });
    await refresh();
  }

  const className = el("input", { type: "text", required: true, maxlength: 60, autocomplete: "off" });
  const add = el("form", {
    class: "card new",
    onsubmit: async (event) => {
      event.preventDefault();
      try {
        update(await json("POST", "class", of({ name: className.value })));
        className.value = "";
      } catch (fault) {
        page.fail(fault);
      }
    },
  },
  el("label", { class: "field" }, el("span", {}, text("className")), className),
  button(text("addClass"), undefined, { type: "submit" }));
  grid.append(add);

  // What the camera sees, or an image that is dropped, is said live.
  const preview = el("img", { alt: text("testImage"), hidden: true });
  const stage = el("div", { class: "stage small" }, el("p", { class: "invitation" }, text("dropTest")), preview, camera.video);
  camera.video.hidden = true;
  let trained = false;
  const which = el("div", {});
  page.offerTrained = (is) => {
    if (is && !which.hasChildNodes()) {
      which.append(select(text("asked"), [["head", text("classifier")], ["run", text("fineTuned")]], "head",
        (value) => (trained = value === "run")));
    }
  };
  async function predict(blob) {
    const { classes } = await json("POST", "predict", of({ of: trained ? "run" : "head" }), blob);
    answer.show(classes);
  }
  async function test(found) {
    if (found.length > 0) {
      const blob = await encoded(found[0].file);
      preview.src = URL.createObjectURL(blob);
      preview.hidden = false;
      camera.video.hidden = true;
      stage.firstElementChild.hidden = true;
      await predict(blob);
    }
  }
  droppable(stage, (found) => test(found).catch(page.fail));
  const live = button(text("cameraOn"), async () => {
    if (camera.isOn) {
      camera.stop();
    } else {
      try {
        await camera.start();
      } catch (fault) {
        page.fail(fault);
        return;
      }
    }
    camera.video.hidden = !camera.isOn;
    preview.hidden = true;
    stage.firstElementChild.hidden = camera.isOn;
    live.textContent = text(camera.isOn ? "cameraOff" : "cameraOn");
    live.setAttribute("aria-pressed", String(camera.isOn));
    cards.forEach((card) => card.camera(camera.isOn));
    while (camera.isOn && !gone) {
      if (state.head) {
        await predict(await camera.frame()).catch(page.fail);
      }
      await new Promise((resolve) => setTimeout(resolve, state.head ? 30 : 300));
    }
  }, { "aria-pressed": "false", disabled: !Camera.isAllowed() });

  const everything = el("div", { class: "teach" },
    el("div", { class: "left" },
      el("div", { class: "tools" }, chooser(text("addFolders"), { multiple: true, folder: true },
        (found) => send(found).catch(page.fail)), said),
      grid),
    el("div", { class: "right" },
      el("section", {}, el("h2", {}, text("live")), stage,
        el("div", { class: "tools" }, live, chooser(text("chooseImage"), {}, (found) => test(found).catch(page.fail))),
        which, answer.element, learned,
        Camera.isAllowed() ? undefined : el("p", { class: "note" }, text("noCamera"))),
      adviceBox));
  droppable(everything, (found) => {
    const inFolders = found.filter((one) => one.folder);
    send(inFolders).catch(page.fail);
  });
  root.replaceChildren(
    el("p", { class: "crumb" }, el("a", { href: "#teach" }, text("projects"))),
    el("h1", {}, el("bdi", {}, project)), counts, everything, ...training.elements);
  update(state);
  shared.target = `head/${project}`;
  return () => {
    gone = true;
    clearTimeout(timer);
    camera.stop();
    training.leave();
  };
}

/** A warning in words, with the images that it is about. */
function advised(page, { kind, values, images }) {
  const words = { ...values };
  for (const name of ["part"]) {
    if (name in words) {
      words[name] = percent(words[name]);
    }
  }
  if ("times" in words) {
    words.times = words.times.toFixed(1);
  }
  return el("li", { class: kind.toLowerCase() }, el("p", {}, page.text(`advice_${kind}`, words)),
    images.length > 0 ? thumbnails(page, images) : undefined);
}

