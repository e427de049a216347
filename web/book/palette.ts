// Colours of the theme's tokens as a canvas takes them. A token is an expression (light-dark(…)), so each is read off an element that uses it;
// who draws asks to be told when the theme changes.

const TOKENS = {
  surface: "--surface",
  sunken: "--sunken",
  line: "--line",
  strong: "--line-strong",
  ink: "--ink",
  soft: "--soft",
  accent: "--accent",
  long: "--bad",
  short: "--good",
  warn: "--warn",
  wash: "--warn-wash",
  cross: "--cross",
} as const;

export type Palette = Readonly<Record<keyof typeof TOKENS, string>>;

let known: Palette | undefined;

function read(): Palette {
  const probe = document.createElement("span");
  probe.hidden = true;
  // Where the system forces colours, text has but one, and a picture in it would be a blot.
  probe.style.setProperty("forced-color-adjust", "none");
  document.body.append(probe);
  const entries = Object.entries(TOKENS).map(([name, token]) => {
    probe.style.color = `var(${token})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(entries) as Palette;
}

export function palette(): Palette {
  known ??= read();
  return known;
}

/** Calls back whenever colours have changed. */
export function onThemeChange(changed: () => void): void {
  const forget = (): void => {
    known = undefined;
    changed();
  };
  document.addEventListener("themechange", forget);
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    matchMedia(query).addEventListener("change", forget);
  }
}
