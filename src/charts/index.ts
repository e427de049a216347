// Pictures as SVG or HTML text (`underkeel/charts`), drawn from what the engine returns; no document is needed.
export { type ChartSize, liquidationMapHtml, liquidationMapSvg } from "./liquidation-chart.ts";
