// What users of the kernel alone import (`underkeel/kernel`): pools of legs by handle, exact figures, searches and scans, without
// accounts, commands or venues. A third of the size of the whole, for pages that need a figure and no book.

export { decimalsOf, formatDecimal, parseDecimal } from "./decimal.ts";
export { RiskError, type RiskErrorCode, type RiskErrorDetail } from "./errors.ts";
export { Kernel, type KernelOptions, type KernelScan, type TableReplacement } from "./kernel.ts";
export { compileKernel, type KernelBinary, type KernelSource } from "./kernel-module.ts";
export * from "./model.ts";
