// The picture of a replay with liquidations: above, what was liquidated when (longs up in red, shorts down in green) with the price of the
// market hit hardest; below, what the insurance fund held and what nobody could pay. One self-contained SVG.
import {
  compactNumber,
  decimalsFor,
  groupedNumber,
  linearScale,
  niceEnd,
  niceStep,
  type Scale,
  ticksOf,
} from "./scales.ts";
import {
  bottomAxis,
  chartStyle,
  element,
  escapeXml,
  type Frame,
  label,
  line,
  picture,
  sideAxis,
  type Tick,
} from "./svg.ts";

/** A stretch of time; amounts in the settle asset. */
export interface CascadePoint {
  /** Start, ms since 1970. */
  readonly time: number;
  /** Notional of longs and of shorts that were liquidated. */
  readonly long: number;
  readonly short: number;
  /** Mark of the market, at the end of the stretch. */
  readonly price: number;
  /** What the fund holds at the end, and what was uncovered up to then. */
  readonly fund: number;
  readonly uncovered: number;
}

export interface CascadeSeries {
  readonly title: string;
  /** The market whose price is drawn. */
  readonly symbol: string;
  readonly settle: string;
  /** Width of a stretch. */
  readonly minutes: number;
  /** By rising time, one at least. */
  readonly points: readonly CascadePoint[];
}

const WIDTH = 1200;
const UPPER: Frame = {
  width: WIDTH,
  height: 720,
  left: 92,
  right: WIDTH - 92,
  top: 92,
  bottom: 440,
};
const LOWER: Frame = { ...UPPER, top: 500, bottom: 656 };
const MINUTE = 60_000;

const STYLE = chartStyle(
  ".chart .bar-long,.chart .key-long{fill:var(--long)}.chart .bar-short,.chart .key-short{fill:var(--short)}" +
    ".chart .price{fill:none;stroke:var(--mark);stroke-width:1.5;stroke-linejoin:round}.chart .key-price{fill:var(--mark)}" +
    ".chart .fund{fill:none;stroke:#3b7dd8;stroke-width:2;stroke-linejoin:round}.chart .key-fund{fill:#3b7dd8}" +
    ".chart .uncovered{fill:none;stroke:var(--long);stroke-width:2;stroke-dasharray:6 4}" +
    ".chart .hit{fill:transparent}.chart .hit:hover{fill:var(--soft);opacity:.18}",
);

/** "10-10 21:05" UTC. */
function timeText(time: number): string {
  return new Date(time).toISOString().slice(5, 16).replace("T", " ");
}

/** Ticks at whole hours, days or parts of an hour: some eight of them. */
function timeTicks(x: Scale): Tick[] {
  const steps = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080];
  const step =
    (steps.find((minutes) => (x.to - x.from) / (minutes * MINUTE) <= 9) ?? 43_200) * MINUTE;
  const first = Math.ceil(x.from / step);
  const count = Math.max(0, Math.floor(x.to / step) - first + 1);
  return Array.from({ length: count }, (_, index) => {
    const value = (first + index) * step;
    return { value, text: timeText(value) };
  });
}

function amounts(from: number, to: number, count: number): Tick[] {
  return ticksOf(from, to, count).map((value) => ({ value, text: compactNumber(Math.abs(value)) }));
}

/** A stepped or straight line through points. */
function path(points: readonly (readonly [number, number])[], style: string): string {
  const text = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  return element("path", { d: `M${text.join("L")}`, class: style });
}

interface Drawing {
  readonly series: CascadeSeries;
  readonly x: Scale;
  /** Notional: longs above zero, shorts below. */
  readonly y: Scale;
  readonly price: Scale;
  readonly money: Scale;
}

function drawingOf(series: CascadeSeries): Drawing {
  const { points, minutes } = series;
  const most = (pick: (point: CascadePoint) => number): number => Math.max(0, ...points.map(pick));
  const [long, short] = [most(({ long }) => long), most(({ short }) => short)];
  // Half of the smaller side is kept free at least, so that both can be told.
  const up = niceEnd(Math.max(long, short / 4), 5);
  const down = niceEnd(Math.max(short, long / 8), 5);
  const prices = points.map(({ price }) => price).filter((price) => price > 0);
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  const room = (high - low || high || 1) / 12;
  const first = points[0]?.time ?? 0;
  const last = (points.at(-1)?.time ?? first) + minutes * MINUTE;
  const money = niceEnd(
    Math.max(
      most(({ fund }) => fund),
      most(({ uncovered }) => uncovered),
    ),
    4,
  );
  return {
    series,
    x: linearScale(first, last, UPPER.left, UPPER.right),
    y: linearScale(-down, up, UPPER.bottom, UPPER.top),
    price: linearScale(low - room, high + room, UPPER.bottom, UPPER.top),
    money: linearScale(0, money, LOWER.bottom, LOWER.top),
  };
}

function hoverText({ series }: Drawing, point: CascadePoint): string {
  const { symbol, settle } = series;
  return [
    `${timeText(point.time)} UTC, ${series.minutes} min`,
    `longs ${compactNumber(point.long)} ${settle}, shorts ${compactNumber(point.short)} ${settle}`,
    `${symbol} ${point.price}`,
    `fund ${compactNumber(point.fund)} ${settle}, uncovered ${compactNumber(point.uncovered)} ${settle}`,
  ].join("\n");
}

function bars(drawing: Drawing): string {
  const { series, x, y } = drawing;
  const zero = y.at(0);
  const drawn: string[] = [];
  const hits: string[] = [];
  for (const point of series.points) {
    const left = x.at(point.time);
    const width = x.at(point.time + series.minutes * MINUTE) - left;
    const inner = { x: left + Math.min(0.5, width / 8), width: width - Math.min(1, width / 4) };
    if (point.long > 0) {
      const top = y.at(point.long);
      drawn.push(element("rect", { ...inner, y: top, height: zero - top, class: "bar-long" }));
    }
    if (point.short > 0) {
      const height = y.at(-point.short) - zero;
      drawn.push(element("rect", { ...inner, y: zero, height, class: "bar-short" }));
    }
    const column = { x: left, y: UPPER.top, width, height: LOWER.bottom - UPPER.top, class: "hit" };
    hits.push(element("rect", column, `<title>${escapeXml(hoverText(drawing, point))}</title>`));
  }
  return drawn.join("") + line(UPPER.left, zero, UPPER.right, zero, "axis") + hits.join("");
}

function curves({ series, x, price, money }: Drawing): string {
  const { points, minutes } = series;
  const end = (point: CascadePoint): number => x.at(point.time + minutes * MINUTE);
  const through = (scale: Scale, pick: (point: CascadePoint) => number, style: string): string =>
    path(
      points.map((point) => [end(point), scale.at(pick(point))] as const),
      style,
    );
  return (
    through(price, (point) => point.price, "price") +
    through(money, ({ fund }) => fund, "fund") +
    through(money, ({ uncovered }) => uncovered, "uncovered")
  );
}

function axes({ series, x, y, price, money }: Drawing): string {
  const { settle, symbol, minutes } = series;
  const decimals = decimalsFor(niceStep(price.to - price.from, 6));
  const prices = ticksOf(price.from, price.to, 6).map((value) => ({
    value,
    text: groupedNumber(value, decimals),
  }));
  const per = `liquidated per ${minutes} min (${settle})`;
  return (
    sideAxis(UPPER, "left", y, amounts(y.from, y.to, 7), per) +
    sideAxis(UPPER, "right", price, prices, `price of ${symbol}`) +
    sideAxis(LOWER, "left", money, amounts(0, money.to, 4), settle) +
    bottomAxis(LOWER, x, timeTicks(x), "time (UTC)")
  );
}

function heading({ series }: Drawing): string {
  const { points, settle, symbol, title } = series;
  const total = (pick: (point: CascadePoint) => number): string =>
    `${compactNumber(points.reduce((sum, point) => sum + pick(point), 0))} ${settle}`;
  const key = (style: string, text: string, x: number, y: number): string =>
    element("rect", { x, y: y - 10, width: 11, height: 11, rx: 2, class: `key-${style}` }) +
    label(text, x + 17, y);
  const { left } = UPPER;
  return (
    label(`Liquidations, ${title}`, left, 32, { class: "title" }) +
    key("long", `longs liquidated: ${total(({ long }) => long)}`, left, 62) +
    key("short", `shorts liquidated: ${total(({ short }) => short)}`, left + 290, 62) +
    key("price", `price of ${symbol}`, left + 590, 62) +
    key("fund", "insurance fund", left, LOWER.top - 16) +
    key("long", "losses nobody could pay, so far (dashed)", left + 150, LOWER.top - 16)
  );
}

/** The series as one self-contained SVG picture, 1200 x 720. Values show on hover. */
export function cascadeSvg(series: CascadeSeries): string {
  const drawing = drawingOf(series);
  const content = [heading(drawing), axes(drawing), bars(drawing), curves(drawing)];
  const { title, symbol } = series;
  const told = `${title}: liquidations over time, with the price of ${symbol} and the insurance fund.`;
  return picture(UPPER, STYLE, told, content.join(""));
}
