/** Calls to the server that the page came from, and to no other. */
const KEY = "mobilenet4j-token";
let token = sessionStorage.getItem(KEY) ?? "";
let asking = async () => undefined;

/** Sets who is asked for the token when the server wants one. */
export function askBy(ask) {
  asking = ask;
}

/** Returns whether images and downloads need a header, which a link cannot send. */
export function hasToken() {
  return token !== "";
}

/** Returns an address of the server's. */
export function address(path, parameters = {}) {
  const url = new URL(`/studio/api/${path}`, location.origin);
  Object.entries(parameters).forEach(([name, value]) => value !== undefined && url.searchParams.set(name, value));
  return url;
}

/** Returns the answer to a call; what the server says against it is thrown. */
export async function call(method, path, parameters, body, signal) {
  for (;;) {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const response = await fetch(address(path, parameters), { method, headers, body, signal });
    if (response.status === 401) {
      const given = await asking();
      if (given) {
        token = given;
        sessionStorage.setItem(KEY, given);
        continue;
      }
    }
    if (!response.ok) {
      const { error } = await response.json().catch(() => ({ error: `HTTP ${response.status}` }));
      throw new Error(error);
    }
    return response;
  }
}

/** Returns the JSON of an answer. */
export async function json(method, path, parameters, body) {
  return (await call(method, path, parameters, body)).json();
}

/** Lets an element show an image of the server's. */
export async function show(image, path, parameters) {
  if (!hasToken()) {
    image.src = address(path, parameters);
    return;
  }
  image.src = URL.createObjectURL(await (await call("GET", path, parameters)).blob());
}

/** Saves a file of the server's. */
export async function download(path, parameters, name) {
  const blob = await (await call("GET", path, parameters)).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Calls a function with each event of a stream, until that ends. */
export async function events(path, parameters, signal, heard) {
  const reader = (await call("GET", path, parameters, undefined, signal)).body
    .pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    parts.filter((part) => part.startsWith("data: ")).forEach((part) => heard(JSON.parse(part.slice(6))));
  }
}
