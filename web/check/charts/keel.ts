// The picture of the headline: a hull on the water, the seabed below it, and between keel and bed the share by which everything may
// still move against the account. Aground, the hull sits on the bed and lists.
import { svg, type TemplateResult } from "lit/html.js";

const WIDTH = 360;
const HEIGHT = 150;
const WATER = 46;
const KEEL = 82;
const SHALLOWEST = KEEL + 6;
const DEEPEST = HEIGHT - 14;
/** A clearance of this share or more is drawn as the deepest water. */
const DEEP = 0.5;

/** Height of the seabed: a square root, so that the shallows, where it matters, have room. */
function bedOf(shock: number | null): number {
  if (shock === null) return DEEPEST;
  return SHALLOWEST + Math.sqrt(Math.min(shock, DEEP) / DEEP) * (DEEPEST - SHALLOWEST);
}

function bedPath(at: number): string {
  const d = (x: number, y: number): string => `${x} ${(at + y).toFixed(1)}`;
  return `M${d(0, 7)}C${d(40, 1)} ${d(80, 12)} ${d(122, 4)}S${d(200, -3)} ${d(236, 3)}S${d(320, 11)} ${d(WIDTH, 5)}V${HEIGHT}H0Z`;
}

/**
 * @param shock share by which everything may move before the first scope is aground; null: never
 * @param label what to write between keel and bed
 */
export function keelPicture(shock: number | null, aground: boolean, label: string): TemplateResult {
  const bed = aground ? KEEL - 1 : bedOf(shock);
  const hull = aground ? "translate(150 -2) rotate(-5 30 60)" : "translate(150 0)";
  const mid = 188;
  return svg`<svg class="keel ${aground ? "aground" : ""}" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">
    <rect class="keel-water" y=${WATER} width=${WIDTH} height=${HEIGHT - WATER} />
    <path class="keel-wave" d="M0 ${WATER}q15 -4 30 0t30 0t30 0t30 0t30 0t30 0t30 0t30 0t30 0t30 0t30 0t30 0" />
    <path class="keel-bed" d=${bedPath(bed)} />
    <g transform=${hull}>
      <path class="keel-sail" d="M34 38V6l26 32zM30 38V14L12 38z" />
      <path class="keel-hull" d="M-6 42h84l-11 19a10 10 0 0 1 -9 5H15a10 10 0 0 1 -9 -5z" />
      <path class="keel-keel" d="M26 66h22l-5 16h-12z" />
    </g>
    ${
      aground
        ? null
        : svg`<path class="keel-arrow" d="M${mid} ${KEEL + 3}V${bed + 1}M${mid - 4} ${KEEL + 7}l4 -4l4 4M${mid - 4} ${bed - 3}l4 4l4 -4" />
      <text class="keel-label" x=${mid + 14} y=${Math.max((KEEL + bed) / 2 + 6, KEEL + 16)}>${label}</text>`
    }
  </svg>`;
}
