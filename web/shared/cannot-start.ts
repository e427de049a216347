// Why a page did not come up, in words, where an empty page would stand: no WebAssembly, WebAssembly forbidden, or a script of the page
// that did not load or does not run in this browser.

/** The least module there is: magic number and version. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** What this browser says against WebAssembly; null where it compiles it. */
export function webAssemblyProblem(): string | null {
  if (typeof WebAssembly === "undefined") {
    return "This browser has no WebAssembly, or has it switched off (a lockdown mode does that). The figures are computed by it, so none can be shown.";
  }
  try {
    new WebAssembly.Module(EMPTY_MODULE);
    return null;
  } catch {
    return "This browser, or an extension or policy in it, forbids WebAssembly. The figures are computed by it, so none can be shown.";
  }
}

/** Puts the reason where the page would be. */
export function showCannotStart(reason: string): void {
  const root = document.getElementById("app");
  if (root === null) return;
  const card = document.createElement("div");
  card.className = "card cannot-start";
  card.setAttribute("role", "alert");
  const title = document.createElement("h1");
  title.textContent = "This page could not start";
  const words = document.createElement("p");
  words.textContent = reason;
  card.append(title, words);
  root.replaceChildren(card);
  root.removeAttribute("aria-busy");
}

/** Watches until the page is up: a script that fails before that leaves nobody else to say so. */
export function watchStart(): void {
  window.addEventListener(
    "error",
    ({ target }) => {
      const busy = document.getElementById("app")?.hasAttribute("aria-busy") === true;
      const ours = target === window || target instanceof HTMLScriptElement;
      if (!busy || !ours) return;
      showCannotStart(
        webAssemblyProblem() ??
          (target === window
            ? "Its script does not run here: this browser may be too old. Chrome or Edge 123, Firefox 120 and Safari 17.5 or later do."
            : "Its script did not load. Reload the page; if that does not help, an extension may be blocking it."),
      );
    },
    true,
  );
}
