// Keyboards stay where they were: a button that goes away, or is switched off, by being pressed would leave the focus at the top of the
// page. It goes to the part of the page that the button stood in.

function lost(element: Element): boolean {
  return !element.isConnected || element.matches(":disabled");
}

/** Runs an update of the page; where it takes the focused element away, the section or list around it is focused. */
export function keepingFocus(root: HTMLElement, update: () => void): void {
  const focused = document.activeElement;
  const around: HTMLElement[] = [];
  for (let at = focused?.parentElement ?? null; at !== null && root.contains(at); ) {
    if (at.matches("li, section, .notice, .toolbar, #app")) around.push(at);
    at = at.parentElement;
  }
  update();
  if (focused === null || around.length === 0 || !lost(focused)) return;
  // An open dialog has put the focus where it belongs.
  if (document.querySelector("dialog[open]") !== null) return;
  const place = around.find((element) => element.isConnected);
  if (place === undefined) return;
  const target = place.querySelector<HTMLElement>("h2, h1") ?? place;
  if (!target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
  target.focus({ preventScroll: true });
}
